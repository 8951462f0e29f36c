namespace Inference.Formats.Blocks;

/// <summary>A type that is listed with its size but not computed with.</summary>
internal sealed class CarriedCodec(int elementBytes) : BlockCodec(1, elementBytes)
{
    public override bool IsComputable => false;

    public override void Dequantize(ReadOnlySpan<byte> source, Span<float> destination) =>
        throw new NotSupportedException("This type is carried, not computed with.");
}
