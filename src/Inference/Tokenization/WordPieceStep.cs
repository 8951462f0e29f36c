using System.Buffers;

namespace Inference.Tokenization;

/// <summary>A space before tokens that do not continue a word, and the prefix off those that do.</summary>
/// <param name="prefix">What marks continuations; empty where all tokens are, null where none is.</param>
internal sealed class WordPieceStep(byte[]? prefix) : DecoderStep
{
    public override void Write(ReadOnlySpan<byte> spelling, IBufferWriter<byte> destination)
    {
        bool continues = prefix is not null && spelling.StartsWith(prefix);
        if (!continues)
            destination.Write(" "u8);
        destination.Write(continues ? spelling[prefix!.Length..] : spelling);
    }
}
