namespace Inference.Tokenization;

/// <summary>Base of pre-tokenizers whose pattern matches some piece at every position, written out by hand.</summary>
internal abstract class PatternPreTokenizer : PreTokenizer
{
    public sealed override void Split(ReadOnlySpan<byte> text, int offset, List<TextPiece> pieces)
    {
        int start = 0;
        while (start < text.Length)
        {
            int end = EndOfPiece(text, start);
            pieces.Add(new TextPiece(offset + start, end - start));
            start = end;
        }
    }

    /// <summary>Where the piece that starts at a position ends; beyond the position.</summary>
    protected abstract int EndOfPiece(ReadOnlySpan<byte> text, int start);
}
