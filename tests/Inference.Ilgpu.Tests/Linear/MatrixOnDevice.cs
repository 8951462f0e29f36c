using ILGPU;
using Inference.Formats;
using Inference.Ilgpu.Linear;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Tests.Linear;

/// <summary>Brings a stored matrix onto a test's accelerator.</summary>
internal static class MatrixOnDevice
{
    public static DeviceMatrix Upload(TestQueue test, StoredTensor tensor)
    {
        MatrixLayout layout = new(tensor.Type, (int)tensor.Rows, (int)tensor.Columns);
        DeviceMatrix matrix = new(layout, test.Queue.Allocate<byte>(layout.ByteLength, "a test"));
        using WeightStaging staging = new(test.Queue);
        staging.Upload(layout, new MatrixPacker(layout, tensor), matrix.Memory);
        return matrix;
    }
}
