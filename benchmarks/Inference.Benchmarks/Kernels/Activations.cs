using Inference.Cpu;
using Inference.Execution;

namespace Inference.Benchmarks.Kernels;

/// <summary>Activations to compute with.</summary>
internal static unsafe class Activations
{
    /// <summary>All rows in use, filled with numbers from -1 to 1.</summary>
    public static DeviceTensor Random(CpuDevice device, int rows, int columns)
    {
        var tensor = (CpuTensor)device.Allocate(rows, columns);
        tensor.Rows = rows;
        var random = new Random(1);
        foreach (ref float value in new Span<float>(tensor.Data, rows * columns))
            value = 2 * random.NextSingle() - 1;
        return tensor;
    }

    /// <summary>A gain of ones.</summary>
    public static DeviceWeight Ones(CpuDevice device, int length)
    {
        float[] ones = new float[length];
        Array.Fill(ones, 1);
        fixed (float* data = ones)
            return device.Upload(new Formats.StoredTensor("gain", Formats.TensorType.F32, [length], (nint)data, length * sizeof(float)), WeightUse.Vector);
    }
}
