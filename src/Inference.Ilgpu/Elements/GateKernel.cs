using ILGPU;
using ILGPU.Algorithms;
using Inference.Execution;

namespace Inference.Ilgpu.Elements;

/// <summary>destination = activation(gate) x up; without up, activation(gate).</summary>
internal static class GateKernel
{
    private const float SqrtTwoOverPi = 0.79788456f;
    private const float Limit = 7;
    private const float Steepness = 1.702f;

    public static void Run(Index1D index, ArrayView<float> gate, ArrayView<float> up, ArrayView<float> destination, int activation, int hasUp)
    {
        float x = gate[index];
        float other = hasUp != 0 ? up[index] : 1;
        destination[index] = activation switch
        {
            (int)Activation.Silu => x * Curves.Sigmoid(x) * other,
            (int)Activation.GeluTanh => x * 0.5f * (1 + Curves.Tanh(SqrtTwoOverPi * (x + 0.044715f * x * x * x))) * other,
            (int)Activation.Gelu => x * Curves.Normal(x) * other,
            _ => Clamped(x, other),
        };
    }

    private static float Clamped(float gate, float up)
    {
        // Comparisons as they stand keep NaN.
        float x = gate > Limit ? Limit : gate;
        float y = up > Limit ? Limit : up < -Limit ? -Limit : up;
        return x * Curves.Sigmoid(Steepness * x) * (y + 1);
    }
}
