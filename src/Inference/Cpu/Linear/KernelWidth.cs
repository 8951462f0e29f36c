namespace Inference.Cpu.Linear;

/// <summary>How many rows of a panel one register of a kernel covers. Results do not depend on it.</summary>
internal enum KernelWidth
{
    /// <summary>What <see cref="KernelChoice.Default"/> says.</summary>
    Widest = 0,

    /// <summary>16 rows, in assembled code where there is any for the type; the widest registers elsewhere.</summary>
    Assembled = 1,

    /// <summary>4 rows: any processor.</summary>
    Bits128 = 128,

    /// <summary>8 rows: AVX2.</summary>
    Bits256 = 256,

    /// <summary>16 rows: AVX-512.</summary>
    Bits512 = 512,
}
