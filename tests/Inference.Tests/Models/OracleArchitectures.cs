namespace Inference.Tests.Models;

/// <summary>The models that are held against the papers.</summary>
internal static class OracleArchitectures
{
    /// <summary>The families under test, those that the engine computes; and "windows", which some sizes of old families have.</summary>
    public static string[] Known => ["windows", .. All.Select(c => c.Shape.Family).Distinct()];

    /// <summary>The cases of the families under test.</summary>
    public static IEnumerable<OracleCase> Cases => All.Where(c => Known.Contains(c.Shape.Family) && (c.Shape.Window == 0 || Known.Contains("windows")));

    private const string NoWindows = "llama.cpp has no windows in this architecture";
    private const string RoundsRamp = "llama.cpp rounds the ends of YaRN's ramp, which the model's configuration (truncate: false) and reference code do not";

    private static readonly double[] _short = [1, 1.05, 1.1, 1.3, 1.4, 1.45, 1.6, 1.8];
    private static readonly double[] _long = [1, 1.2, 1.9, 2.7, 4.5, 9, 17, 30];

    /// <summary>Every case there is, of families that the engine computes and that it does not.</summary>
    public static OracleCase[] All { get; } =
    [
        new("llama: as wide as its heads", new("llama", 64, 2, 4, 2, 16, 96, new(16))),
        new("llama: narrow heads, odd widths, tied", new("llama", 45, 3, 5, 1, 6, 71, new(6, 500)) { IsTied = true }),
        new("llama: wide heads, every bias, linear", new("llama", 40, 2, 3, 3, 24, 50, new(24, 10000, "linear", 4)) { HasAllBiases = true }),
        new("llama: partly turned heads", new("llama", 48, 2, 6, 2, 20, 64, new(12, 2000))),
        new("llama: llama3", new("llama", 64, 2, 8, 2, 32, 80, new(32, 500000, "llama3", 8, 64)) { IsTied = true }),
        new("llama: yarn", new("llama", 32, 2, 2, 1, 64, 40, new(64, 10000, "yarn", 4, 64)) { Epsilon = 1e-6 }),

        new("mistral: window", new("mistral", 64, 3, 4, 2, 16, 96, new(16)) { Window = 9 }) { PeerRemark = NoWindows },
        new("mistral: window of one, wide heads", new("mistral", 40, 2, 4, 1, 24, 70, new(24, 1e6)) { Window = 1 }) { PeerRemark = NoWindows },
        new("mistral: window longer than most prompts", new("mistral", 48, 2, 6, 3, 8, 70, new(8, 1e6)) { Window = 38 }) { PeerRemark = NoWindows },
        new("mistral: no window, wide heads", new("mistral", 40, 2, 5, 5, 16, 70, new(16, 1e6))),

        new("mixtral: 2 of 8", new("mixtral", 48, 2, 4, 2, 12, 40, new(12, 1e6)) { Experts = 8, ChosenExperts = 2 }),
        new("mixtral: 2 of 3, tied", new("mixtral", 30, 2, 5, 1, 6, 31, new(6, 1e6)) { Experts = 3, ChosenExperts = 2, IsTied = true }),
        new("mixtral: all of 4", new("mixtral", 32, 2, 2, 2, 16, 24, new(16)) { Experts = 4, ChosenExperts = 4 }),

        new("qwen2: biases", new("qwen2", 56, 2, 7, 1, 8, 100, new(8, 1e6)) { IsTied = true, Epsilon = 1e-6 }),
        new("qwen2: yarn, untied", new("qwen2", 48, 2, 4, 2, 32, 70, new(32, 1e6, "yarn", 8, 32))),
        new("qwen2: window from the third layer on", new("qwen2", 48, 4, 6, 2, 8, 70, new(8, 1e6)) { Window = 7, FirstLocal = 2 }) { HasGguf = false },
        new("qwen3: normalised wide heads", new("qwen3", 40, 3, 4, 2, 128, 60, new(128, 1e6)) { IsTied = true, Epsilon = 1e-6 }),
        new("qwen3: linear, odd width", new("qwen3", 37, 2, 6, 3, 10, 33, new(10, 1000, "linear", 2.5))),
        new("qwen3: window in all layers", new("qwen3", 40, 2, 4, 4, 16, 50, new(16, 1e6)) { Window = 11 }) { HasGguf = false },

        new("qwen3moe: 3 of 6", new("qwen3moe", 48, 2, 4, 2, 20, 24, new(20, 1e6)) { Experts = 6, ChosenExperts = 3, DenseFeedForward = 56, Epsilon = 1e-6 }),
        new("qwen3moe: 8 of 16, tied", new("qwen3moe", 36, 3, 6, 1, 16, 15, new(16, 1e7)) { Experts = 16, ChosenExperts = 8, DenseFeedForward = 40, IsTied = true }),
        new("qwen3moe: shares that do not add up, a dense layer", new("qwen3moe", 40, 3, 4, 4, 8, 24, new(8, 1e6)) { Experts = 5, ChosenExperts = 2, NormalizesExperts = false, DenseLayers = [1], DenseFeedForward = 52 }) { HasGguf = false },

        new("gemma2: soft caps, alternating windows", new("gemma2", 48, 4, 4, 2, 16, 80, new(16)) { IsTied = true, Window = 8, GlobalEvery = 2, AttentionCap = 4, LogitCap = 2.5, Epsilon = 1e-6 }),
        new("gemma2: wide heads, odd layers", new("gemma2", 36, 3, 3, 1, 20, 50, new(20)) { IsTied = true, Window = 13, GlobalEvery = 2, AttentionCap = 50, LogitCap = 30, Epsilon = 1e-6 }),
        new("gemma2: its own scale of queries", new("gemma2", 40, 2, 4, 4, 16, 64, new(16)) { IsTied = true, Window = 8, GlobalEvery = 2, AttentionCap = 4, LogitCap = 2.5, AttentionScale = 1 / Math.Sqrt(10) }) { HasGguf = false },

        new("gemma3: two bases, one linear", new("gemma3", 40, 7, 4, 2, 16, 60, new(16, 1e6, "linear", 8)) { IsTied = true, Window = 8, GlobalEvery = 6, LocalRope = new(16), Epsilon = 1e-6 }),
        new("gemma3: wide heads, as small as 1B", new("gemma3", 36, 6, 4, 1, 24, 70, new(24, 1e6)) { IsTied = true, Window = 5, GlobalEvery = 6, LocalRope = new(24), Epsilon = 1e-6 }),
        new("gemma3: its own scale of queries", new("gemma3", 32, 6, 2, 2, 16, 40, new(16, 1e6)) { IsTied = true, Window = 6, GlobalEvery = 6, LocalRope = new(16), AttentionScale = 1 / Math.Sqrt(24) }) { HasGguf = false },

        new("phi3: fused projections", new("phi3", 48, 2, 4, 4, 12, 70, new(12))),
        new("phi3: window", new("phi3", 48, 2, 4, 2, 12, 50, new(12)) { Window = 10 }) { PeerRemark = NoWindows },
        new("phi3: long context", new("phi3", 64, 2, 4, 2, 16, 80, new(16, 10000, "longrope", 8, 32) { ShortFactors = _short, LongFactors = _long, IsLong = true })),
        new("phi3: short context of a model for long ones", new("phi3", 64, 2, 4, 2, 16, 80, new(16, 10000, "longrope", 4, 256) { ShortFactors = _short, LongFactors = _long }) { Context = 1024 }) { ContextLength = 256 },
        new("phi3: partly turned heads, tied, long", new("phi3", 80, 2, 4, 1, 20, 60, new(16, 10000, "longrope", 16, 16) { ShortFactors = _short, LongFactors = _long, IsLong = true }) { IsTied = true }),

        new("smollm3: every fourth layer without rope", new("smollm3", 48, 5, 4, 2, 12, 70, new(12, 5e6)) { RopelessEvery = 4, IsTied = true, Epsilon = 1e-6 }),
        new("smollm3: untied, every bias", new("smollm3", 40, 4, 5, 1, 8, 50, new(8, 1e4)) { RopelessEvery = 4, HasAllBiases = true }),

        new("granite: multipliers", new("granite", 48, 3, 4, 2, 12, 70, new(12)) { AttentionScale = 0.11, EmbeddingScale = 12, ResidualScale = 0.22, LogitDivisor = 8, IsTied = true }),
        new("granite: untied, others", new("granite", 50, 2, 5, 5, 10, 64, new(10, 1e7)) { AttentionScale = 0.5, EmbeddingScale = 6, ResidualScale = 1.3, LogitDivisor = 0.25 }),

        new("olmo2: norms behind, whole projections normalised", new("olmo2", 48, 3, 4, 4, 12, 70, new(12, 5e5)) { Epsilon = 1e-6 }),
        new("olmo2: shared keys", new("olmo2", 56, 2, 7, 1, 8, 50, new(8, 5e5)) { Epsilon = 1e-6 }),

        new("gpt2: learned positions", new("gpt2", 48, 3, 4, 4, 12, 192, new(12)) { IsTied = true }),
        new("gpt2: another width between, untied", new("gpt2", 50, 2, 5, 5, 10, 90, new(10)) { Context = 100 }),

        new("starcoder2: window in all layers", new("starcoder2", 48, 3, 4, 2, 12, 110, new(12, 1e5)) { Window = 9, IsTied = true }) { HasGguf = false },
        new("starcoder2: no window, untied", new("starcoder2", 42, 2, 7, 1, 6, 90, new(6, 1e6))),

        new("falcon: 7B, one key head", new("falcon-7b", 48, 2, 6, 1, 8, 192, new(8)) { IsTied = true, Context = 2048 }),
        new("falcon: 40B, two norms", new("falcon-40b", 64, 3, 8, 2, 8, 256, new(8)) { IsTied = true, Context = 2048 }),
        new("falcon: 40B, untied", new("falcon-40b", 36, 2, 6, 3, 6, 144, new(6)) { Context = 2048 }),
        new("falcon: 11B, one norm", new("falcon-11b", 48, 2, 6, 3, 8, 192, new(8)) { Context = 2048 }),

        new("gpt-oss: sinks, windows, experts", new("gpt-oss", 48, 4, 6, 2, 16, 40, new(16, 150000, "yarn", 32, 64) { Truncates = false }) { Experts = 6, ChosenExperts = 2, Window = 8, GlobalEvery = 2 }) { PeerRemark = RoundsRamp },
        new("gpt-oss: 4 of 5, wide heads", new("gpt-oss", 32, 3, 4, 4, 32, 24, new(32, 150000, "yarn", 4, 32) { Truncates = false }) { Experts = 5, ChosenExperts = 4, Window = 3, GlobalEvery = 2 }) { PeerRemark = RoundsRamp },
        new("gpt-oss: context not stretched", new("gpt-oss", 40, 4, 4, 1, 16, 30, new(16, 10000)) { Experts = 4, ChosenExperts = 3, Window = 6, GlobalEvery = 2 }),
    ];
}
