using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Inference.Cli.Synthesis;

/// <summary>The dimensions of a model. Read from JSON with these names in camel case.</summary>
/// <remarks>What may be missing has a setter: generated code gives properties that are only initialised the default of their type, not the one here.</remarks>
internal sealed record ModelShape
{
    private static readonly JsonDocumentOptions _syntax = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static ModelShape SmolLM2 { get; } = new()
    {
        Name = "SmolLM2-135M", Architecture = "llama", Layers = 30, Width = 576, FeedForward = 1536, Heads = 9, KeyValueHeads = 3,
        HeadSize = 64, Vocabulary = 49152, RopeTheta = 100_000, Context = 8192, Epsilon = 1e-5f,
    };

    public static ModelShape Llama32 { get; } = new()
    {
        Name = "Llama-3.2-1B", Architecture = "llama", Layers = 16, Width = 2048, FeedForward = 8192, Heads = 32, KeyValueHeads = 8,
        HeadSize = 64, Vocabulary = 128256, RopeTheta = 500_000, Context = 131072, Epsilon = 1e-5f, Llama3Scaling = new Llama3Scaling(),
    };

    public static ModelShape Qwen3 { get; } = new()
    {
        Name = "Qwen3-0.6B", Architecture = "qwen3", Layers = 28, Width = 1024, FeedForward = 3072, Heads = 16, KeyValueHeads = 8,
        HeadSize = 128, Vocabulary = 151936, RopeTheta = 1_000_000, Context = 40960, Epsilon = 1e-6f,
    };

    /// <summary>The proportions of Qwen3-30B-A3B at a size for benchmarks: there is no published model like it.</summary>
    public static ModelShape Qwen3Experts { get; } = new()
    {
        Name = "Qwen3-MoE-1B", Architecture = "qwen3moe", Layers = 16, Width = 1024, FeedForward = 512, Heads = 16, KeyValueHeads = 4,
        HeadSize = 128, Vocabulary = 151936, RopeTheta = 1_000_000, Context = 40960, Epsilon = 1e-6f, Experts = 32, ChosenExperts = 4,
    };

    public static ModelShape Gemma3Small { get; } = new()
    {
        Name = "Gemma-3-270M", Architecture = "gemma3", Layers = 18, Width = 640, FeedForward = 2048, Heads = 4, KeyValueHeads = 1,
        HeadSize = 256, Vocabulary = 262144, RopeTheta = 1_000_000, Context = 32768, Epsilon = 1e-6f, Window = 512,
    };

    public static ModelShape Gemma3 { get; } = new()
    {
        Name = "Gemma-3-1B", Architecture = "gemma3", Layers = 26, Width = 1152, FeedForward = 6912, Heads = 4, KeyValueHeads = 1,
        HeadSize = 256, Vocabulary = 262144, RopeTheta = 1_000_000, Context = 32768, Epsilon = 1e-6f, Window = 512,
    };

    public static IReadOnlyList<ModelShape> Known { get; } = [SmolLM2, Llama32, Qwen3, Qwen3Experts, Gemma3Small, Gemma3];

    private static readonly string[] _architectures = ["llama", "qwen3", "qwen3moe", "gemma3"];

    public string Name { get; set; } = "custom";

    public required string Architecture { get; init; }

    public required int Layers { get; init; }

    public required int Width { get; init; }

    /// <summary>Elements between the feed-forward layers, of one expert where there are experts.</summary>
    public required int FeedForward { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int HeadSize { get; init; }

    public required int Vocabulary { get; init; }

    public bool TiedHead { get; set; } = true;

    public float RopeTheta { get; set; } = 10_000;

    public int Context { get; set; } = 2048;

    public float Epsilon { get; set; } = 1e-5f;

    public Llama3Scaling? Llama3Scaling { get; set; }

    /// <summary>Tokens that a row of a layer with a window sees; 0 for no window.</summary>
    public int Window { get; set; }

    /// <summary>Experts of each layer; 0 for none.</summary>
    public int Experts { get; set; }

    /// <summary>Experts that compute a token.</summary>
    public int ChosenExperts { get; set; }

    /// <summary>Whether queries and keys are normalised.</summary>
    [JsonIgnore]
    public bool NormalizesHeads => Architecture is "qwen3" or "qwen3moe" or "gemma3";

    /// <summary>Whether what attention and feed-forward layers add is normalised.</summary>
    [JsonIgnore]
    public bool NormalizesResults => Architecture == "gemma3";

    /// <summary>A known shape by its name, or one from a JSON file.</summary>
    public static ModelShape Load(string nameOrPath)
    {
        ModelShape? known = Known.FirstOrDefault(shape => shape.Name.Equals(nameOrPath, StringComparison.OrdinalIgnoreCase));
        if (known is not null)
            return known;
        if (!File.Exists(nameOrPath))
            throw new UserErrorException($"Shape '{nameOrPath}' is neither a file nor one of {string.Join(", ", Known.Select(shape => shape.Name))}.");

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(nameOrPath), _syntax);
            CheckNames(document.RootElement, nameOrPath);
            ModelShape shape = document.RootElement.Deserialize(ModelShapeJson.Default.ModelShape)
                ?? throw new UserErrorException($"{nameOrPath}: holds no shape.");
            shape.Validate(nameOrPath);
            return shape;
        }
        catch (JsonException exception)
        {
            throw new UserErrorException(exception.Path is { Length: > 2 } field
                ? $"{nameOrPath}: the value of {field[2..]} is of the wrong kind or too large."
                : $"{nameOrPath}: this is not JSON, from byte {exception.BytePositionInLine} of line {exception.LineNumber + 1} on.");
        }
    }

    private static void CheckNames(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new UserErrorException($"{path}: holds no shape; a JSON object is needed.");
        JsonPropertyInfo[] known = [.. ModelShapeJson.Default.ModelShape.Properties];
        string[] given = [.. root.EnumerateObject().Select(property => property.Name)];
        if (given.FirstOrDefault(name => !known.Any(property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) is { } unknown)
            throw new UserErrorException($"{path}: '{unknown}' is not known; a shape has {string.Join(", ", known.Select(property => property.Name))}.");
        if (known.FirstOrDefault(property => property.IsRequired && !given.Contains(property.Name, StringComparer.OrdinalIgnoreCase)) is { } missing)
            throw new UserErrorException($"{path}: {missing.Name} is missing.");
    }

    private void Validate(string path)
    {
        Require(_architectures.Contains(Architecture), $"architecture must be one of {string.Join(", ", _architectures)}");
        Require(Layers is > 0 and <= 1000, "layers must be from 1 to 1000");
        Require(Width is > 0 and <= 65536, "width must be from 1 to 65536");
        Require(FeedForward is > 0 and <= 1 << 20, "feedForward must be from 1 to 1048576");
        Require(Heads is > 0 and <= 1024, "heads must be from 1 to 1024");
        Require(KeyValueHeads > 0 && KeyValueHeads <= Heads && Heads % KeyValueHeads == 0, "keyValueHeads must divide heads");
        Require(HeadSize is > 0 and <= 1024 && HeadSize % 2 == 0, "headSize must be even, from 2 to 1024");
        Require(Window is >= 0 and <= 1 << 24, "window must be from 0, for none, to 16777216");
        Require(Window > 0 || Architecture != "gemma3", "gemma3 needs a window");
        Require(Experts is >= 0 and <= 1024, "experts must be from 0, for none, to 1024");
        Require(Experts > 0 || Architecture != "qwen3moe", "qwen3moe needs experts");
        Require(Experts == 0 || Architecture is "llama" or "qwen3moe", "experts are for llama and qwen3moe");
        Require(Experts == 0 ? ChosenExperts == 0 : ChosenExperts > 0 && ChosenExperts <= Experts, "chosenExperts must be from 1 to experts, and 0 without experts");
        Require(Vocabulary is > 0 and <= 1 << 22, "vocabulary must be from 1 to 4194304");
        Require(Context is > 0 and <= 1 << 24, "context must be from 1 to 16777216");
        Require(float.IsFinite(RopeTheta) && RopeTheta > 0, "ropeTheta must be positive");
        Require(Llama3Scaling is null or { Factor: >= 1 and <= 1e6, LowFrequencyFactor: > 0, OriginalContext: > 0 }, "llama3Scaling needs a factor from 1 to 1000000, a positive lowFrequencyFactor and a positive originalContext");
        Require(Llama3Scaling is null || Llama3Scaling.HighFrequencyFactor > Llama3Scaling.LowFrequencyFactor, "llama3Scaling.highFrequencyFactor must be above lowFrequencyFactor");
        Require(float.IsFinite(Epsilon) && Epsilon > 0, "epsilon must be positive");

        void Require(bool holds, string rule)
        {
            if (!holds)
                throw new UserErrorException($"{path}: {rule}.");
        }
    }
}
