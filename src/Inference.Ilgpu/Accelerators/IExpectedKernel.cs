namespace Inference.Ilgpu.Accelerators;

/// <summary>A kernel that will be needed.</summary>
internal interface IExpectedKernel
{
    /// <summary>Compiles it, unless it is.</summary>
    void Compile();
}
