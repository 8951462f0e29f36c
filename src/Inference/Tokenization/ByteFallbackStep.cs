using System.Buffers;

namespace Inference.Tokenization;

/// <summary>The byte that a token spelled &lt;0xXX&gt; stands for.</summary>
internal sealed class ByteFallbackStep : DecoderStep
{
    public override void Write(ReadOnlySpan<byte> spelling, IBufferWriter<byte> destination)
    {
        if (ByteToken.TryParse(spelling, out byte value))
            destination.Write([value]);
        else
            destination.Write(spelling);
    }
}
