namespace Inference.Cpu.Linear;

/// <summary>How a panel holds weights.</summary>
internal enum CodeForm
{
    /// <summary>Not codes: the weights themselves, halves as <see cref="PanelHalf"/> keeps them.</summary>
    Numbers,

    /// <summary>The weights themselves, halves as IEEE 754 says.</summary>
    IeeeNumbers,

    /// <summary>Codes, in one plane of bits or two.</summary>
    Codes,

    /// <summary>Four bits, an index into the codebook of the type.</summary>
    Indices,
}
