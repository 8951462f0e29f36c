namespace Inference.Tests.Models;

/// <summary>Values that no number or text of a model's configuration has.</summary>
internal static class HostileValues
{
    /// <summary>For GGUF metadata.</summary>
    public static readonly object[] Gguf =
    [
        0u, 1u, -1, 3u, 65u, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 40, ulong.MaxValue, long.MinValue, (byte)7,
        0f, -1f, 1e-30f, 1e30f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, double.NaN, double.MaxValue,
        true, "", "8", "linear", "yarn", "longrope", new uint[] { 1, 2 }, Array.Empty<float>(), new[] { "a" },
    ];

    /// <summary>For JSON.</summary>
    public static readonly string[] Json =
    [
        "null", "0", "1", "-1", "3", "2147483647", "-2147483648", "9223372036854775808", "1e400", "-1e400", "1e-400", "0.5", "true", "false",
        "\"\"", "\"8\"", "[]", "[1, 2]", "{}", "{\"rope_type\": \"yarn\", \"factor\": 1e308}", "{\"rope_type\": \"linear\", \"factor\": 1e-308}", "\"\\ud800\"",
    ];
}
