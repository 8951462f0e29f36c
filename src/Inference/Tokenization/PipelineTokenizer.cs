namespace Inference.Tokenization;

/// <summary>
/// Added tokens are found, the text between them is normalised, cut into pieces, and each piece is turned into tokens by a model.
/// </summary>
internal sealed class PipelineTokenizer : Tokenizer
{
    private readonly string _path;
    private readonly AddedTokenMatcher _added;
    private readonly AddedTokenMatcher? _addedInNormalized;
    private readonly IReadOnlyList<Normalizer> _normalizers;
    private readonly IReadOnlyList<PieceStage> _stages;
    private readonly PieceModel _model;
    private readonly PieceCache _cache = new();

    /// <summary>Puts a tokenizer together.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="special">The marks.</param>
    /// <param name="added">Tokens to find in the text as it came, before anything else.</param>
    /// <param name="addedInNormalized">Tokens, none special, to find in what normalising gives.</param>
    /// <param name="normalizers">Applied in order to the text between tokens.</param>
    /// <param name="stages">Cut it into pieces, one after the other.</param>
    /// <param name="model">Encodes a piece.</param>
    public PipelineTokenizer(
        string path,
        Vocabulary vocabulary,
        SpecialTokens special,
        IReadOnlyCollection<AddedToken> added,
        IReadOnlyCollection<AddedToken> addedInNormalized,
        IReadOnlyList<Normalizer> normalizers,
        IReadOnlyList<PieceStage> stages,
        PieceModel model)
        : base(vocabulary, special)
    {
        _path = path;
        _added = new AddedTokenMatcher(added);
        _addedInNormalized = addedInNormalized.Count > 0 ? new AddedTokenMatcher(addedInNormalized) : null;
        _normalizers = normalizers;
        _stages = stages;
        _model = model;
    }

    private protected override void Encode(ReadOnlySpan<byte> utf8, ReadOnlySpan<TextPiece> parsing, List<int> output)
        => Encode(utf8, parsing, new EncodingScratch(_path, utf8.Length), output);

    /// <summary>How many steps the model takes for a text: what must not grow faster than the text.</summary>
    internal long CountSteps(ReadOnlySpan<byte> utf8)
    {
        var scratch = new EncodingScratch(_path, utf8.Length);
        Encode(utf8, [], scratch, []);
        return scratch.Symbols.Steps + scratch.Paths.Steps;
    }

    private void Encode(ReadOnlySpan<byte> utf8, ReadOnlySpan<TextPiece> parsing, EncodingScratch scratch, List<int> output)
    {
        int position = 0;
        while (true)
        {
            int id = _added.Next(utf8, position, ref parsing, out TextPiece match);
            int end = id >= 0 ? match.Start : utf8.Length;
            if (end > position)
                EncodeBetween(utf8[position..end], isStart: position == 0, scratch, output);
            if (id < 0)
                break;
            output.Add(id);
            position = match.Start + match.Length;
        }
    }

    private void EncodeBetween(ReadOnlySpan<byte> text, bool isStart, EncodingScratch scratch, List<int> output)
    {
        text = scratch.Normalize(text, isStart, _normalizers);
        if (_addedInNormalized is null)
        {
            EncodeText(text, isStart, scratch, output);
            return;
        }

        // The stages write where the text is.
        text = text.ToArray();
        ReadOnlySpan<TextPiece> parsing = [];
        int position = 0;
        while (true)
        {
            int id = _addedInNormalized.Next(text, position, ref parsing, out TextPiece match);
            int end = id >= 0 ? match.Start : text.Length;
            EncodeText(text[position..end], isStart && position == 0, scratch, output);
            if (id < 0)
                break;
            output.Add(id);
            position = match.Start + match.Length;
        }
    }

    private void EncodeText(ReadOnlySpan<byte> text, bool isStart, EncodingScratch scratch, List<int> output)
    {
        if (text.IsEmpty)
            return;

        if (_stages.Count == 0)
        {
            _cache.Encode(_model, text, scratch, output);
            return;
        }

        scratch.Pieces.Clear();
        scratch.Pieces.Add(new TextPiece(0, text.Length));
        foreach (PieceStage stage in _stages)
            text = Run(stage, text, isStart, scratch);
        foreach (TextPiece piece in scratch.Pieces)
            _cache.Encode(_model, text.Slice(piece.Start, piece.Length), scratch, output);
    }

    private static ReadOnlySpan<byte> Run(PieceStage stage, ReadOnlySpan<byte> text, bool isStart, EncodingScratch scratch)
    {
        scratch.NextPieces.Clear();
        if (scratch.Pieces is [{ Start: 0 } only] && only.Length == text.Length)
        {
            text = scratch.Normalize(text, isStart, stage.Rewrites);
            Split(stage.Splitter, text, 0, scratch.NextPieces);
        }
        else if (stage.Rewrites.Count == 0)
        {
            foreach (TextPiece piece in scratch.Pieces)
                Split(stage.Splitter, text.Slice(piece.Start, piece.Length), piece.Start, scratch.NextPieces);
        }
        else
        {
            text = Rewrite(stage, text, isStart, scratch);
        }

        (scratch.Pieces, scratch.NextPieces) = (scratch.NextPieces, scratch.Pieces);
        return text;
    }

    private static ReadOnlySpan<byte> Rewrite(PieceStage stage, ReadOnlySpan<byte> text, bool isStart, EncodingScratch scratch)
    {
        text = text.ToArray();
        scratch.Rewritten.Clear();
        foreach (TextPiece piece in scratch.Pieces)
        {
            ReadOnlySpan<byte> part = scratch.Normalize(text.Slice(piece.Start, piece.Length), isStart && piece.Start == 0, stage.Rewrites);
            Split(stage.Splitter, part, scratch.Rewritten.WrittenCount, scratch.NextPieces);
            scratch.Rewritten.Write(part);
        }

        return scratch.Rewritten.WrittenSpan;
    }

    private static void Split(PreTokenizer? splitter, ReadOnlySpan<byte> text, int offset, List<TextPiece> pieces)
    {
        if (text.IsEmpty)
            return;
        if (splitter is null)
            pieces.Add(new TextPiece(offset, text.Length));
        else
            splitter.Split(text, offset, pieces);
    }
}
