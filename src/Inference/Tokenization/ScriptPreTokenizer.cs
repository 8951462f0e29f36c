using System.Text;

namespace Inference.Tokenization;

/// <summary>Cuts where the script changes; spaces go with what is before them, and what only spaces precede starts the first piece.</summary>
/// <remarks>
/// As in SentencePiece's training and the tokenizers library: kana count as Han. What stands before the first character that is no
/// space is dropped, as there.
/// </remarks>
internal sealed class ScriptPreTokenizer : PreTokenizer
{
    private const int Any = -1;

    public override void Split(ReadOnlySpan<byte> text, int offset, List<TextPiece> pieces)
    {
        int last = int.MinValue;
        int start = -1;
        int length;
        for (int i = 0; i < text.Length; i += length)
        {
            Rune.DecodeFromUtf8(text[i..], out Rune rune, out length);
            int script = rune.Value == ' ' ? Any : ScriptTables.Find(rune.Value);
            if (script == Any)
                continue;
            if (script != last)
            {
                if (start >= 0)
                    pieces.Add(new TextPiece(offset + start, i - start));
                start = i;
            }

            last = script;
        }

        if (start >= 0)
            pieces.Add(new TextPiece(offset + start, text.Length - start));
    }
}
