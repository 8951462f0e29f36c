namespace Inference.Tokenization;

/// <summary>Makes marks of spaces, as SentencePiece does before it looks for pieces.</summary>
/// <param name="mark">What a space becomes.</param>
/// <param name="addsPrefix">Whether a mark comes before the first character that is none.</param>
/// <param name="merges">Whether spaces at the ends go, and those between words become one.</param>
internal sealed class SpaceNormalizer(byte[] mark, bool addsPrefix, bool merges) : Normalizer
{
    public override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        bool prefixed = false;
        while (!text.IsEmpty)
        {
            int spaces = text.IndexOfAnyExcept((byte)' ');
            spaces = spaces < 0 ? text.Length : spaces;
            for (int i = 0; i < spaces && !merges; i++)
                output.Write(mark);
            text = text[spaces..];
            int word = text.IndexOf((byte)' ');
            word = word < 0 ? text.Length : word;
            if (word > 0 && (merges || (addsPrefix && !prefixed)))
                output.Write(mark);
            prefixed = true;
            output.Write(text[..word]);
            text = text[word..];
        }
    }
}
