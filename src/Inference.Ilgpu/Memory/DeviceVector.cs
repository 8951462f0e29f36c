using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;

namespace Inference.Ilgpu.Memory;

/// <summary>Gains or biases in the device's memory: 32-bit floats.</summary>
internal sealed class DeviceVector(MemoryBuffer1D<float, Stride1D.Dense> memory) : DeviceWeight(1, (int)memory.Length)
{
    public ArrayView<float> View => memory.View;

    public override long ByteLength => memory.LengthInBytes;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            memory.Dispose();
    }
}
