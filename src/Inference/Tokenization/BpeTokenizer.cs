using System.Buffers;

namespace Inference.Tokenization;

/// <summary>
/// Byte-pair encoding, byte-level or SentencePiece's: added tokens are found, the text between them is normalised, cut into
/// pieces, and each piece merged.
/// </summary>
internal sealed class BpeTokenizer : Tokenizer
{
    private readonly AddedTokenMatcher _added;
    private readonly IReadOnlyList<Normalizer> _normalizers;
    private readonly PreTokenizer? _preTokenizer;
    private readonly BpeModel _model;

    /// <summary>Puts a tokenizer together.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="special">The marks.</param>
    /// <param name="added">Tokens to find before anything else.</param>
    /// <param name="normalizers">Applied in order to the text between them.</param>
    /// <param name="preTokenizer">Cuts it into pieces; null where it is one piece.</param>
    /// <param name="model">Encodes a piece.</param>
    public BpeTokenizer(
        Vocabulary vocabulary,
        SpecialTokens special,
        IReadOnlyCollection<AddedToken> added,
        IReadOnlyList<Normalizer> normalizers,
        PreTokenizer? preTokenizer,
        BpeModel model)
        : base(vocabulary, special)
    {
        _added = new AddedTokenMatcher(added);
        _normalizers = normalizers;
        _preTokenizer = preTokenizer;
        _model = model;
    }

    private protected override void Encode(ReadOnlySpan<byte> utf8, ReadOnlySpan<TextPiece> parsing, List<int> output)
    {
        var scratch = new Scratch(output);
        int position = 0;
        while (true)
        {
            int id = _added.Next(utf8, position, parsing, out TextPiece match);
            int end = id >= 0 ? match.Start : utf8.Length;
            EncodeText(utf8[position..end], isStart: position == 0, scratch);
            if (id < 0)
                break;
            output.Add(id);
            position = match.Start + match.Length;
        }
    }

    private void EncodeText(ReadOnlySpan<byte> text, bool isStart, Scratch scratch)
    {
        if (text.IsEmpty)
            return;

        foreach (Normalizer normalizer in _normalizers)
        {
            scratch.Spare.ResetWrittenCount();
            normalizer.Apply(text, isStart, scratch.Spare);
            text = scratch.Spare.WrittenSpan;
            (scratch.Spare, scratch.Used) = (scratch.Used, scratch.Spare);
        }

        if (_preTokenizer is null)
        {
            _model.Encode(text, scratch.Symbols, scratch.Output);
            return;
        }

        scratch.Pieces.Clear();
        _preTokenizer.Split(text, 0, scratch.Pieces);
        foreach (TextPiece piece in scratch.Pieces)
            _model.Encode(text.Slice(piece.Start, piece.Length), scratch.Symbols, scratch.Output);
    }

    /// <summary>What one call works with.</summary>
    private sealed class Scratch(List<int> output)
    {
        public readonly List<int> Output = output;
        public readonly List<TextPiece> Pieces = [];
        public readonly SymbolChain Symbols = new();
        public ArrayBufferWriter<byte> Spare = new();
        public ArrayBufferWriter<byte> Used = new();
    }
}
