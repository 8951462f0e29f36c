using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.Tests.Formats;

public class BlockFormatTests
{
    public static TheoryData<TensorType> Types => [.. QuantVectors.Types];

    public static TheoryData<TensorType> QuantizedTypes => [.. QuantVectors.Types.Where(BlockFormat.IsQuantized)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Sizes_are_those_of_the_format(TensorType type)
    {
        (int size, int bytes, _) = QuantVectors.Entry(type);

        Assert.Equal(size, BlockFormat.BlockSize(type));
        Assert.Equal(bytes, BlockFormat.BlockBytes(type));
        Assert.Equal(3L * bytes, BlockFormat.ByteLength(type, 3L * size));
        Assert.True(BlockFormat.IsComputable(type));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Decodes_to_the_bit(TensorType type)
    {
        byte[] source = QuantVectors.Quantized(type);
        float[] expected = QuantVectors.Decoded(type);
        float[] actual = new float[expected.Length];

        BlockFormat.Dequantize(type, source, actual);

        Assert.Equal(MemoryMarshal.Cast<float, uint>(expected).ToArray(), MemoryMarshal.Cast<float, uint>(actual).ToArray());
    }

    [Theory]
    [MemberData(nameof(QuantizedTypes))]
    public void Unpacked_codes_scales_and_minima_give_the_weights_to_the_bit(TensorType type)
    {
        byte[] source = QuantVectors.Quantized(type);
        float[] expected = QuantVectors.Decoded(type);
        int size = BlockFormat.BlockSize(type);
        int group = BlockFormat.GroupSize(type);
        byte[] codes = new byte[size];
        float[] scales = new float[size / group];
        float[] minima = Enumerable.Repeat(float.NaN, size / group).ToArray();

        for (int block = 0; block < expected.Length / size; block++)
        {
            BlockFormat.Unpack(type, source.AsSpan(block * BlockFormat.BlockBytes(type)), codes, scales, minima);
            for (int i = 0; i < size; i++)
            {
                float product = scales[i / group] * (codes[i] - BlockFormat.Zero(type));
                float weight = product - minima[i / group];
                Assert.Equal(BitConverter.SingleToUInt32Bits(expected[block * size + i]), BitConverter.SingleToUInt32Bits(weight));
            }

            Assert.True(BlockFormat.HasMinima(type) || minima.All(m => m == 0));
        }
    }

    [Theory]
    [MemberData(nameof(QuantizedTypes))]
    public void Decoding_keeps_within_the_destination(TensorType type)
    {
        byte[] source = QuantVectors.Quantized(type);
        float[] destination = new float[QuantVectors.Input.Length + 1];
        destination[^1] = 7;

        BlockFormat.Dequantize(type, source, destination);

        Assert.Equal(7, destination[^1]);
    }

    [Fact]
    public void Every_half_decodes_as_the_runtime_does()
    {
        ushort[] bits = Enumerable.Range(0, 65536).Select(i => (ushort)i).ToArray();
        float[] actual = new float[bits.Length];

        BlockFormat.Dequantize(TensorType.F16, MemoryMarshal.AsBytes<ushort>(bits), actual);

        for (int i = 0; i < bits.Length; i++)
            Assert.Equal((float)BitConverter.UInt16BitsToHalf(bits[i]), actual[i]);
    }

    [Fact]
    public void Mxfp4_scales_cover_the_whole_exponent_range()
    {
        byte[] block = new byte[17];
        float[] values = new float[32];
        for (int exponent = 0; exponent < 256; exponent++)
        {
            block[0] = (byte)exponent;
            block[1] = 0xF2;
            BlockFormat.Dequantize(TensorType.MXFP4, block, values);
            Assert.Equal((float)Math.ScaleB(1.0, exponent - 127), values[0]);
            Assert.Equal((float)(Math.ScaleB(1.0, exponent - 127) * -6), values[16]);
        }
    }

    [Fact]
    public void Part_of_a_block_is_refused()
    {
        Assert.Throws<ArgumentException>(() => BlockFormat.ByteLength(TensorType.Q8_0, 33));
        Assert.Throws<ArgumentException>(() => BlockFormat.Dequantize(TensorType.Q8_0, new byte[33], new float[32]));
        Assert.Throws<ArgumentException>(() => BlockFormat.Dequantize(TensorType.Q8_0, new byte[34], new float[31]));
        Assert.Throws<ArgumentException>(() => BlockFormat.Quantize(TensorType.Q8_0, new float[31], new byte[34]));
        Assert.Throws<OverflowException>(() => BlockFormat.ByteLength(TensorType.F32, long.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormat.BlockSize((TensorType)19));
        Assert.Throws<NotSupportedException>(() => BlockFormat.Dequantize(TensorType.I32, new byte[4], new float[1]));
    }
}
