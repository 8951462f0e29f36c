namespace Inference.Tests.Models;

/// <summary>Random sizes for a family of models: whatever its configuration can say, and no published model has.</summary>
internal static class RandomShape
{
    public static OracleCase Create(string family, int seed)
    {
        var random = new Random(seed);
        int kvHeads = family == "falcon-7b" ? 1 : random.Next(1, 4);
        int heads = kvHeads * random.Next(1, 5);
        int size = 2 * random.Next(1, 17);
        if (family == "gpt2")
            kvHeads = heads;
        bool isSquare = family is "mixtral" or "granite" or "olmo2" or "gpt2" or "starcoder2" or "phi3" || family.StartsWith("falcon", StringComparison.Ordinal);
        int width = isSquare ? heads * size : random.Next(3, 80);
        int between = family.StartsWith("falcon", StringComparison.Ordinal) ? 4 * width : random.Next(1, 120);
        var shape = new PlainShape(family, width, random.Next(1, 6), heads, kvHeads, size, between, new PlainRope(size, Math.Pow(10, 2 + 5 * random.NextDouble())))
        {
            Vocabulary = random.Next(300, 700),
            IsTied = family is "gemma2" or "gemma3" || random.Next(2) == 0,
            Epsilon = random.Next(2) == 0 ? 1e-5 : 1e-6,
        };
        int window = random.Next(1, 50);
        shape = family switch
        {
            "mistral" or "phi3" => shape with { Window = window },
            "qwen2" or "qwen3" when OracleArchitectures.Known.Contains("windows") => shape with { Window = window, FirstLocal = random.Next(shape.Layers + 1) },
            "starcoder2" => shape with { Window = random.Next(2) * window },
            "gemma2" => shape with { Window = window, GlobalEvery = 2, AttentionCap = 1 + 60 * random.NextDouble(), LogitCap = 1 + 40 * random.NextDouble() },
            "gemma3" => shape with { Window = window, GlobalEvery = 6, LocalRope = new(size) },
            "smollm3" => shape with { RopelessEvery = 4 },
            "granite" => shape with { AttentionScale = random.NextDouble(), EmbeddingScale = 20 * random.NextDouble(), ResidualScale = random.NextDouble(), LogitDivisor = 0.1 + 9 * random.NextDouble() },
            "gpt-oss" => shape with { Window = window, GlobalEvery = 2, IsTied = false },
            _ when family.StartsWith("falcon", StringComparison.Ordinal) => shape with { Context = 2048, Rope = new(size) },
            _ => shape,
        };
        if (family is "mixtral" or "qwen3moe" or "gpt-oss")
        {
            int experts = random.Next(1, 12);
            shape = shape with { Experts = experts, ChosenExperts = random.Next(1, experts + 1), DenseFeedForward = family == "qwen3moe" ? random.Next(1, 120) : 0 };
        }

        bool hasLocalLayer = Enumerable.Range(0, shape.Layers).Any(shape.IsLocal);
        return new OracleCase($"{family}, seed {seed}", shape) { HasGguf = !(hasLocalLayer && family is ("qwen2" or "qwen3" or "starcoder2")) };
    }
}
