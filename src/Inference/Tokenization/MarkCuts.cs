namespace Inference.Tokenization;

/// <summary>Cuts a text wherever no token reaches across, as far as that is cheap to tell: the tokens are those of the whole text.</summary>
/// <remarks>
/// Parts of texts are remembered, and parts that are short merge faster than their text would in one. Cuts are made before marks
/// of spaces and between ASCII characters, and only before what is a token or has tokens for its bytes: then a run of characters
/// that are unknown never reaches across either.
/// </remarks>
internal sealed class MarkCuts : PreTokenizer
{
    private const int Ascii = 128;

    private readonly byte[] _mark;

    // By the byte before a mark, and by two ASCII characters: whether a token reaches across.
    private readonly bool[] _joinsMark = new bool[256];
    private readonly bool[] _joins = new bool[Ascii * Ascii];

    /// <summary>Creates cuts that no token keeps from being made yet.</summary>
    /// <param name="mark">The mark of a space; not empty.</param>
    /// <param name="isKnown">Whether a character is a token, or has tokens for its bytes.</param>
    public MarkCuts(byte[] mark, Func<byte[], bool> isKnown)
    {
        _mark = mark;
        _joinsMark.AsSpan().Fill(!isKnown(mark));
        for (int second = 0; second < Ascii; second++)
        {
            bool isUnknown = !isKnown([(byte)second]);
            for (int first = 0; first < Ascii; first++)
                _joins[(first * Ascii) + second] = isUnknown;
        }
    }

    /// <summary>Keeps the cuts from being made that a token reaches across.</summary>
    public void Add(ReadOnlySpan<byte> token)
    {
        for (int i = 1; i < token.Length; i++)
        {
            if ((token[i - 1] | token[i]) < Ascii)
                _joins[(token[i - 1] * Ascii) + token[i]] = true;
            else if (token[i] == _mark[0] && token[i..].StartsWith(_mark))
                _joinsMark[token[i - 1]] = true;
        }
    }

    public override void Split(ReadOnlySpan<byte> text, int offset, List<TextPiece> pieces)
    {
        int start = 0;
        for (int i = 1; i < text.Length; i++)
        {
            bool joins = (text[i - 1] | text[i]) < Ascii
                ? _joins[(text[i - 1] * Ascii) + text[i]]
                : text[i] != _mark[0] || _joinsMark[text[i - 1]] || !text[i..].StartsWith(_mark);
            if (joins)
                continue;
            pieces.Add(new TextPiece(offset + start, i - start));
            start = i;
        }

        if (start < text.Length)
            pieces.Add(new TextPiece(offset + start, text.Length - start));
    }
}
