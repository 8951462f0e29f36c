using System.Text.Json.Serialization;

namespace Inference.Simulation.Workloads;

/// <summary>A line of a Mooncake trace: Qin et al., Mooncake (FAST 2025).</summary>
/// <param name="Timestamp">Milliseconds.</param>
/// <param name="InputLength">Tokens.</param>
/// <param name="OutputLength">Tokens.</param>
/// <param name="HashIds">One for each 512 tokens of the input: equal ids stand for equal texts up to there.</param>
internal sealed record MooncakeLine(
    [property: JsonPropertyName("timestamp"), JsonRequired] long Timestamp,
    [property: JsonPropertyName("input_length"), JsonRequired] int InputLength,
    [property: JsonPropertyName("output_length"), JsonRequired] int OutputLength,
    [property: JsonPropertyName("hash_ids"), JsonRequired] int[] HashIds);
