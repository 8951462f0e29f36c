namespace Inference.Ilgpu;

/// <summary>An accelerator that was found on this machine.</summary>
/// <param name="Kind">What it is driven through.</param>
/// <param name="Name">What it calls itself, made unique with #2, #3 and so on among accelerators of one name.</param>
/// <param name="MemoryBytes">Its memory.</param>
public sealed record AcceleratorDescription(AcceleratorKind Kind, string Name, long MemoryBytes);
