using ILGPU;

namespace Inference.Ilgpu.Elements;

/// <summary>tensor *= factor.</summary>
internal static class ScaleKernel
{
    public static void Run(Index1D index, ArrayView<float> tensor, float factor) => tensor[index] *= factor;
}
