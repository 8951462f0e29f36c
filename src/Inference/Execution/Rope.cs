namespace Inference.Execution;

/// <summary>A rotary position embedding: angle of pair i at position p is p x <see cref="InverseFrequencies"/>[i].</summary>
/// <remarks>Su et al., RoFormer (2021). Scalings (linear, Llama 3, YaRN) are already in the frequencies and the magnitude.</remarks>
/// <param name="Kind">Which elements form a pair.</param>
/// <param name="InverseFrequencies">Radians per position of each pair; twice its length is the number of elements turned, the rest of a head stays.</param>
/// <param name="Magnitude">Factor on sine and cosine, 1 but for YaRN.</param>
public sealed record Rope(RopeKind Kind, double[] InverseFrequencies, double Magnitude);
