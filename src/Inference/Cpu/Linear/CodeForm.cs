namespace Inference.Cpu.Linear;

/// <summary>How a panel holds the codes of weights.</summary>
internal enum CodeForm
{
    /// <summary>Not codes: the weights themselves.</summary>
    Numbers,

    /// <summary>Codes, in one plane of bits or two.</summary>
    Codes,

    /// <summary>Four bits, an index into the codebook of the type.</summary>
    Indices,
}
