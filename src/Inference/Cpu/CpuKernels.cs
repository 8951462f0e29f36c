namespace Inference.Cpu;

/// <summary>Which kernels the CPU computes linear layers with, and whether attention may use assembled code. All give the same bits; they differ in speed.</summary>
public enum CpuKernels
{
    /// <summary>
    /// What the environment variable INFERENCE_KERNELS names (one of the other members, in any case), or else the fastest that the
    /// processor has and the operating system allows.
    /// </summary>
    Auto,

    /// <summary>
    /// Machine code assembled when a weight type is first used, for AVX-512 VNNI (x86-64, Linux and Windows), and for BF16 weights where there
    /// is AVX-512 BF16 besides. Where the system refuses executable memory, the widest vectors take its place.
    /// </summary>
    Assembled,

    /// <summary>The widest vectors that the processor has; no code is assembled.</summary>
    Portable,

    /// <summary>Vectors of 512 bits.</summary>
    Vector512,

    /// <summary>Vectors of 256 bits.</summary>
    Vector256,

    /// <summary>Vectors of 128 bits, which every processor has.</summary>
    Vector128,
}
