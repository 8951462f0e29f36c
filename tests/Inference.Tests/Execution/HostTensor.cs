using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.Tests.Execution;

/// <summary>Stored tensors made of numbers instead of files. Their bytes live as long as the tensor object.</summary>
internal static class HostTensor
{
    private static readonly ConditionalWeakTable<StoredTensor, byte[]> _bytes = [];

    public static StoredTensor F32(ReadOnlySpan<float> values, params long[] shape) =>
        Create(TensorType.F32, MemoryMarshal.AsBytes(values), shape);

    public static StoredTensor Create(TensorType type, ReadOnlySpan<byte> bytes, params long[] shape)
    {
        byte[] pinned = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(pinned);
        var tensor = new StoredTensor("test", type, shape, Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), pinned.Length);
        _bytes.Add(tensor, pinned);
        return tensor;
    }

    /// <summary>Random numbers of roughly normal distribution.</summary>
    public static float[] Normal(Random random, int count, float scale = 1)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = scale * (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }
}
