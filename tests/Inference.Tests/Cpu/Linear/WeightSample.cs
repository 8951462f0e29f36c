using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.Tests.Cpu.Linear;

/// <summary>A matrix of random blocks of any weight type, with every code that the type has.</summary>
internal sealed unsafe class WeightSample : IDisposable
{
    public static readonly TensorType[] Types =
    [
        TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1,
        TensorType.Q2_K, TensorType.Q3_K, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K, TensorType.IQ4_NL, TensorType.IQ4_XS, TensorType.MXFP4,
    ];

    private readonly byte* _bytes;

    public WeightSample(TensorType type, int rows, int columns, int seed)
    {
        int length = checked((int)BlockFormat.ByteLength(type, (long)rows * columns));
        _bytes = (byte*)NativeMemory.Alloc((nuint)length);
        var bytes = new Span<byte>(_bytes, length);
        var random = new Random(seed);
        random.NextBytes(bytes);
        int blockBytes = BlockFormat.BlockBytes(type);
        for (int block = 0; block < length; block += blockBytes)
            GiveSaneScales(type, bytes.Slice(block, blockBytes), random);

        Tensor = new StoredTensor("weight", type, [rows, columns], (nint)_bytes, length);
        Values = new float[rows * columns];
        BlockFormat.Dequantize(type, bytes, Values);
    }

    public StoredTensor Tensor { get; }

    /// <summary>The weights as floats, row by row.</summary>
    public float[] Values { get; }

    public Span<byte> Bytes => new(_bytes, (int)Tensor.ByteLength);

    public void Dispose() => NativeMemory.Free(_bytes);

    private static void GiveSaneScales(TensorType type, Span<byte> block, Random random)
    {
        float value = (random.NextSingle() - 0.5f) / 16;
        switch (type)
        {
            case TensorType.F32:
                MemoryMarshal.Write(block, value);
                break;
            case TensorType.F16:
                // One in eight is subnormal.
                MemoryMarshal.Write(block, (Half)(random.Next(8) == 0 ? value / 4096 : value));
                break;
            case TensorType.BF16:
                MemoryMarshal.Write(block, (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                break;
            case TensorType.MXFP4:
                // The smallest two exponents are subnormal in a panel.
                block[0] = (byte)(random.Next(8) == 0 ? random.Next(3) : random.Next(115, 125));
                break;
            case TensorType.Q4_1 or TensorType.Q5_1:
                MemoryMarshal.Write(block, (Half)value);
                MemoryMarshal.Write(block[2..], (Half)(-8 * value));
                break;
            case TensorType.Q4_K or TensorType.Q5_K:
                MemoryMarshal.Write(block, (Half)value);
                MemoryMarshal.Write(block[2..], (Half)(8 * value));
                break;
            case TensorType.Q2_K:
                MemoryMarshal.Write(block[80..], (Half)value);
                MemoryMarshal.Write(block[82..], (Half)value);
                break;
            case TensorType.Q3_K or TensorType.Q6_K:
                MemoryMarshal.Write(block[^2..], (Half)value);
                break;
            default:
                MemoryMarshal.Write(block, (Half)value);
                break;
        }
    }
}
