using ILGPU;

namespace Inference.Ilgpu.Elements;

/// <summary>destination += addend.</summary>
internal static class AddKernel
{
    public static void Run(Index1D index, ArrayView<float> destination, ArrayView<float> addend) => destination[index] += addend[index];
}
