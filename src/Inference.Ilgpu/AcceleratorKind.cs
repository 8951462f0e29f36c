namespace Inference.Ilgpu;

/// <summary>What an accelerator is driven through.</summary>
public enum AcceleratorKind
{
    /// <summary>An NVIDIA card, through its driver.</summary>
    Cuda,

    /// <summary>A card or processor with an OpenCL driver.</summary>
    OpenCL,

    /// <summary>ILGPU's emulation on the host's processor: correct and thousands of times slower than the CPU device. For tests.</summary>
    Cpu,
}
