using System.Runtime.InteropServices;
using Inference.Execution;
using Inference.Formats;

namespace Inference.GpuBenchmark;

/// <summary>Rows of 32-bit floats on the device. They get there as embeddings of the tokens 0, 1, 2, ...: the seam has no other way in that every device has.</summary>
internal sealed unsafe class Inputs : IDisposable
{
    private readonly Device _device;
    private readonly DeviceWeight _table;
    private readonly float* _data;

    public Inputs(Device device, float[] values, int columns)
    {
        _device = device;
        Columns = columns;
        Rows = values.Length / columns;
        _data = (float*)NativeMemory.AlignedAlloc((nuint)values.Length * sizeof(float), 64);
        values.CopyTo(new Span<float>(_data, values.Length));
        _table = device.Upload(new StoredTensor("rows", TensorType.F32, [Rows, columns], (nint)_data, values.Length * (long)sizeof(float)), WeightUse.Embedding);
        device.CompleteUploads();
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>A tensor with the first rows.</summary>
    public DeviceTensor Take(int rows)
    {
        DeviceTensor tensor = _device.Allocate(rows, Columns);
        tensor.Rows = rows;
        _device.Begin(Steps.Prompt(rows));
        _device.Embed(_table, tensor);
        return tensor;
    }

    /// <summary>Looks rows up for the tokens of a step that has begun.</summary>
    public void Embed(DeviceTensor destination) => _device.Embed(_table, destination);

    public void Dispose()
    {
        _table.Dispose();
        NativeMemory.AlignedFree(_data);
    }
}
