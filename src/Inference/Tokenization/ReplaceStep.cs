using System.Buffers;

namespace Inference.Tokenization;

/// <summary>Replaces a fixed text by another.</summary>
/// <param name="from">What to find; not empty.</param>
/// <param name="to">What to write instead.</param>
internal sealed class ReplaceStep(byte[] from, byte[] to) : DecoderStep
{
    public override void Write(ReadOnlySpan<byte> spelling, IBufferWriter<byte> destination)
    {
        for (int found = spelling.IndexOf(from); found >= 0; found = spelling.IndexOf(from))
        {
            destination.Write(spelling[..found]);
            destination.Write(to);
            spelling = spelling[(found + from.Length)..];
        }

        destination.Write(spelling);
    }
}
