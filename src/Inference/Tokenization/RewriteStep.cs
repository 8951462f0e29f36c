using System.Buffers;

namespace Inference.Tokenization;

/// <summary>What a normaliser makes of a spelling.</summary>
/// <param name="path">The file, for errors.</param>
/// <param name="normalizer">The normaliser.</param>
internal sealed class RewriteStep(string path, Normalizer normalizer) : DecoderStep
{
    public override void Write(ReadOnlySpan<byte> spelling, IBufferWriter<byte> destination)
    {
        if (spelling.IsEmpty)
            return;
        var rewritten = new TextBuffer(path, TextBuffer.LimitFor(spelling.Length));
        normalizer.Apply(spelling, isStart: false, rewritten);
        destination.Write(rewritten.WrittenSpan);
    }
}
