namespace Inference.Tests.Models;

/// <summary>A tensor in memory: a vector, or a matrix of rows of output features.</summary>
public sealed record PlainTensor(long[] Shape, float[] Values)
{
    public PlainTensor WithValue(int index, float value)
    {
        float[] values = [.. Values];
        values[index] = value;
        return this with { Values = values };
    }

    public byte[] ToBytes() => System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(Values).ToArray();
}
