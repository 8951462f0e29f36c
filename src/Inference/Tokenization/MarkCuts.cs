namespace Inference.Tokenization;

/// <summary>Cuts a text before marks of spaces, wherever no token reaches across: the tokens are those of the whole text.</summary>
/// <remarks>
/// Pieces of words are remembered, and pieces that are short merge faster than their text would in one. That the mark is a
/// token itself is required: then an unknown token never reaches across either.
/// </remarks>
internal sealed class MarkCuts : PreTokenizer
{
    private readonly byte[] _mark;

    // Bytes before a mark inside a token.
    private readonly bool[] _joins = new bool[256];

    /// <summary>Creates cuts that no token keeps from being made yet.</summary>
    /// <param name="mark">The mark of a space; not empty.</param>
    public MarkCuts(byte[] mark) => _mark = mark;

    /// <summary>Keeps the cuts from being made that a token reaches across.</summary>
    public void Add(ReadOnlySpan<byte> token)
    {
        for (int i = 1; i < token.Length;)
        {
            int found = token[i..].IndexOf(_mark);
            if (found < 0)
                return;
            i += found;
            _joins[token[i - 1]] = true;
            i += _mark.Length;
        }
    }

    public override void Split(ReadOnlySpan<byte> text, int offset, List<TextPiece> pieces)
    {
        int start = 0;
        for (int i = 1; i < text.Length;)
        {
            int found = text[i..].IndexOf(_mark);
            if (found < 0)
                break;
            i += found;
            if (!_joins[text[i - 1]])
            {
                pieces.Add(new TextPiece(offset + start, i - start));
                start = i;
            }

            i += _mark.Length;
        }

        if (start < text.Length)
            pieces.Add(new TextPiece(offset + start, text.Length - start));
    }
}
