namespace Inference.Cpu.Linear;

/// <summary>How a panel holds the codes of weights.</summary>
internal enum CodeForm
{
    /// <summary>Not codes: the weights themselves.</summary>
    Numbers,

    /// <summary>One byte a code.</summary>
    Bytes,

    /// <summary>Four bits a code.</summary>
    Nibbles,

    /// <summary>Four bits, an index into the codebook of the type.</summary>
    Indices,
}
