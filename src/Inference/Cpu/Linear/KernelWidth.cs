namespace Inference.Cpu.Linear;

/// <summary>How many rows of a panel one register of a kernel covers. Results do not depend on it.</summary>
internal enum KernelWidth
{
    /// <summary>The widest that the processor has.</summary>
    Widest = 0,

    /// <summary>4 rows: any processor.</summary>
    Bits128 = 128,

    /// <summary>8 rows: AVX2.</summary>
    Bits256 = 256,

    /// <summary>16 rows: AVX-512.</summary>
    Bits512 = 512,
}
