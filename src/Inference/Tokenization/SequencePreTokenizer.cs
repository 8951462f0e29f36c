namespace Inference.Tokenization;

/// <summary>Several pre-tokenizers, each cutting the pieces of the one before.</summary>
/// <param name="steps">In order; at least one.</param>
internal sealed class SequencePreTokenizer(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override void Split(ReadOnlySpan<byte> text, int offset, List<TextPiece> pieces)
    {
        List<TextPiece> current = [];
        steps[0].Split(text, 0, current);
        foreach (PreTokenizer step in steps.Skip(1))
        {
            List<TextPiece> next = new(current.Count);
            foreach (TextPiece piece in current)
                step.Split(text.Slice(piece.Start, piece.Length), piece.Start, next);
            current = next;
        }

        foreach (TextPiece piece in current)
            pieces.Add(new TextPiece(offset + piece.Start, piece.Length));
    }
}
