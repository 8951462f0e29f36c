using System.Buffers;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Reads the byte-pair encodings of GGUF files.</summary>
internal static class GgufBytePairs
{
    /// <summary>Reads one.</summary>
    /// <param name="source">The tokens.</param>
    /// <param name="pre">The name of the pre-tokenizer.</param>
    public static PipelineTokenizer Read(GgufVocabulary source, string pre)
    {
        GgufPreTokenizer described = GgufPreTokenizers.Find(source.File.Path, pre);
        var ids = new PieceTable(source.Count);
        for (int i = 0; i < source.Count; i++)
            ids.Add(source.Texts.Utf8(i), i);
        var marks = new GgufMarks(
            source.FindToken("bos_token_id"),
            source.FindToken("eos_token_id"),
            described.AddsBegin,
            AddsEnd: false,
            source.FindToken("seperator_token_id"),
            described.AddsSeparator);
        PreTokenizer preTokenizer = GgufPreTokenizers.Create(source.File.Path, described);
        return described.IsRaw
            ? ReadRaw(source, described, ids, marks, preTokenizer)
            : ReadByteLevel(source, described, ids, marks, preTokenizer);
    }

    private static PipelineTokenizer ReadByteLevel(GgufVocabulary source, GgufPreTokenizer described, PieceTable ids, GgufMarks marks, PreTokenizer preTokenizer)
    {
        int[] bytes = new int[256];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = ids.Find(Encoding.UTF8.GetBytes(ByteLevelAlphabet.Character((byte)i).ToString()));
        PieceTable? whole = described.TakesWholePieces ? WholePieces(source) : null;
        var model = new BpeModel(new ByteAlphabet(bytes, source.FindToken("unknown_token_id") ?? -1), source.ReadMerges(ids), whole);
        return GgufTokenizer.Build(source, new TokenDecoder(new ByteLevelStep()), marks, [], preTokenizer, model);
    }

    private static PieceTable WholePieces(GgufVocabulary source)
    {
        var whole = new PieceTable(source.Count);
        var bytesOfPiece = new ArrayBufferWriter<byte>();
        for (int i = 0; i < source.Count; i++)
        {
            if (source.Kinds[i] != TokenKind.Normal)
                continue;
            bytesOfPiece.ResetWrittenCount();
            ByteLevelAlphabet.Write(source.Texts.Utf8(i), bytesOfPiece);
            whole.Add(bytesOfPiece.WrittenSpan, i);
        }

        return whole;
    }

    private static PipelineTokenizer ReadRaw(GgufVocabulary source, GgufPreTokenizer described, PieceTable ids, GgufMarks marks, PreTokenizer preTokenizer)
    {
        byte[] mark = [.. "\u2581"u8];
        var pieces = new PieceTable(source.Count);
        var lines = new PieceTable();
        for (int i = 0; i < source.Count; i++)
        {
            if (!source.IsText(i))
                continue;
            ReadOnlySpan<byte> text = source.Texts.Utf8(i);
            pieces.Add(text, i);
            // A run of line breaks that is a token needs no merges.
            if (text.IndexOfAnyExcept((byte)'\n') < 0)
                lines.Add(text, i);
        }

        int unknown = source.FindToken("unknown_token_id") ?? -1;
        var model = new BpeModel(new CharacterAlphabet(pieces, source.FindBytes(), unknown, fuseUnknown: false), source.ReadMerges(ids), lines);
        List<Normalizer> normalizers = [];
        if (described.DropsSpace)
        {
            if (source.FindFlag("normalizer.lowercase") ?? false)
                normalizers.Add(new LowercaseNormalizer());
        }
        else
        {
            normalizers.Add(new ReplaceNormalizer([(byte)' '], mark));
        }

        return GgufTokenizer.Build(source, new TokenDecoder(new ReplaceStep(mark, [(byte)' '])), marks, normalizers, preTokenizer, model);
    }
}
