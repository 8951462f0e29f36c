using System.Buffers;

namespace Inference.Tokenization;

/// <summary>Takes a character off the ends of a spelling.</summary>
/// <param name="content">The character.</param>
/// <param name="start">How often at most off the start.</param>
/// <param name="stop">How often at most off the end.</param>
internal sealed class TrimStep(byte[] content, int start, int stop) : DecoderStep
{
    public override void Write(ReadOnlySpan<byte> spelling, IBufferWriter<byte> destination)
    {
        for (int i = 0; i < start && spelling.StartsWith(content); i++)
            spelling = spelling[content.Length..];
        for (int i = 0; i < stop && spelling.EndsWith(content); i++)
            spelling = spelling[..^content.Length];
        destination.Write(spelling);
    }
}
