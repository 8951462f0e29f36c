namespace Inference.Tests.Models;

/// <summary>A matrix in MXFP4: blocks of 32 numbers of four bits with a power of two (Open Compute Project, Microscaling Formats, 2023).</summary>
internal sealed class PlainMxfp4
{
    private const int Block = 32;
    private const int Bias = 127;
    private static readonly float[] _values = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    private readonly long[] _shape;
    private readonly byte[] _codes;

    private PlainMxfp4(long[] shape, byte[] codes, byte[] scales)
    {
        _shape = shape;
        _codes = codes;
        Scales = scales;
    }

    /// <summary>Exponents of the powers of two, by block.</summary>
    public byte[] Scales { get; }

    public static PlainMxfp4 Quantize(PlainTensor matrix)
    {
        byte[] codes = new byte[matrix.Values.Length];
        byte[] scales = new byte[codes.Length / Block];
        for (int block = 0; block < scales.Length; block++)
        {
            Span<float> numbers = matrix.Values.AsSpan(block * Block, Block);
            double most = numbers.ToArray().Max(Math.Abs);
            int exponent = (int)Math.Floor(Math.Log2(most)) - 2;
            scales[block] = (byte)(exponent + Bias);
            for (int i = 0; i < Block; i++)
            {
                double wanted = numbers[i] / Math.Pow(2, exponent);
                codes[block * Block + i] = (byte)Array.IndexOf(_values, _values.MinBy(v => Math.Abs(v - wanted)));
            }
        }

        return new PlainMxfp4(matrix.Shape, codes, scales);
    }

    public PlainTensor ToTensor() => new(_shape, [.. _codes.Select((code, i) => _values[code] * (float)Math.Pow(2, Scales[i / Block] - Bias))]);

    /// <summary>As GGUF files have it: a block's scale, then its first half in the low and its second half in the high nibbles.</summary>
    public byte[] ToGguf() =>
        [.. Scales.SelectMany((scale, block) => Enumerable.Range(0, Block / 2).Select(i => Pack(block * Block + i, block * Block + i + Block / 2)).Prepend(scale))];

    /// <summary>As checkpoints of gpt-oss have it: neighbours in the low and the high nibble, and the scales in a tensor of their own.</summary>
    public byte[] ToCheckpoint() => [.. Enumerable.Range(0, _codes.Length / 2).Select(i => Pack(2 * i, 2 * i + 1))];

    private byte Pack(int low, int high) => (byte)(_codes[low] | _codes[high] << 4);
}
