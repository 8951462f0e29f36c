using ILGPU;

namespace Inference.Ilgpu.Elements;

/// <summary>tensor = cap x tanh(tensor / cap).</summary>
internal static class SoftCapKernel
{
    public static void Run(Index1D index, ArrayView<float> tensor, float cap) => tensor[index] = cap * Curves.Tanh(tensor[index] / cap);
}
