using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.GpuBenchmark;

/// <summary>Random weights of any type in memory of their own. Dispose it after what was uploaded from it.</summary>
internal sealed unsafe class Weights : IDisposable
{
    // Encoded once for each type: a quarter of a million values look random to any cache.
    private const int PoolElements = 1 << 18;

    private static readonly Dictionary<(TensorType Type, int Columns), byte[]> _pools = [];

    private byte* _data;

    /// <param name="type">The type.</param>
    /// <param name="rows">Output features.</param>
    /// <param name="columns">Input features.</param>
    /// <param name="seed">The same seed, the same weights.</param>
    public Weights(TensorType type, int rows, int columns, int seed)
    {
        long length = BlockFormat.ByteLength(type, (long)rows * columns);
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)length, 64);
        Fill(type, columns, seed, new UnmanagedMemoryStream(_data, length, length, FileAccess.Write), length);
        Tensor = new StoredTensor($"random.{type}", type, [rows, columns], (nint)_data, length);
    }

    public StoredTensor Tensor { get; }

    /// <summary>Its bytes.</summary>
    public ReadOnlySpan<byte> Bytes => Writable;

    /// <summary>Its bytes, for other values.</summary>
    public Span<byte> Writable => new(_data, checked((int)Tensor.ByteLength));

    /// <summary>Writes weights of a matrix that keeps the size of a normalised input: pieces of a pool, drawn at random. Not thread-safe.</summary>
    public static void Fill(TensorType type, int columns, int seed, Stream destination, long length)
    {
        byte[] pool = Pool(type, columns);
        int blocks = pool.Length / BlockFormat.BlockBytes(type);
        var random = new Random(seed);
        while (length > 0)
        {
            // From anywhere in the first half to the end.
            int start = random.Next(blocks / 2) * BlockFormat.BlockBytes(type);
            int count = (int)Math.Min(length, pool.Length - start);
            destination.Write(pool, start, count);
            length -= count;
        }
    }

    /// <summary>Values of a normal distribution.</summary>
    public static float[] Normal(int count, double deviation, int seed)
    {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }

    /// <summary>As <see cref="Normal"/>, and repeated after the first million: where only speed counts.</summary>
    public static float[] Repeated(int count, int seed)
    {
        float[] some = Normal(Math.Min(count, 1 << 20), 1, seed);
        float[] values = new float[count];
        for (int start = 0; start < count; start += some.Length)
            some.AsSpan(0, Math.Min(some.Length, count - start)).CopyTo(values.AsSpan(start));
        return values;
    }

    private static byte[] Pool(TensorType type, int columns)
    {
        if (_pools.TryGetValue((type, columns), out byte[]? pool))
            return pool;
        pool = new byte[BlockFormat.ByteLength(type, PoolElements)];
        BlockFormat.Quantize(type, Normal(PoolElements, 1 / Math.Sqrt(columns), seed: 1), pool);
        _pools.Add((type, columns), pool);
        return pool;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }
}
