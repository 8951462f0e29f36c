using System.Buffers;
using System.Text;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>Builds a tokenizer from the metadata of a GGUF file.</summary>
internal sealed class GgufTokenizer
{
    private const string Keys = "tokenizer.ggml.";

    private readonly GgufFile _file;
    private readonly GgufStrings _texts;
    private readonly TokenKind[] _kinds;

    private GgufTokenizer(GgufFile file)
    {
        _file = file;
        _texts = file.GetStrings(Keys + "tokens").ReplaceInvalid();
        if (_texts.Count == 0)
            throw Error("tokens", "the vocabulary is empty");
        _kinds = ReadKinds();
    }

    /// <summary>Reads the tokenizer.</summary>
    /// <exception cref="ModelFormatException">The metadata has no tokenizer, is malformed, or uses what is not supported.</exception>
    public static Tokenizer Read(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        string model = file.GetString(Keys + "model");
        return model switch
        {
            "llama" => new GgufTokenizer(file).ReadSentencePiece(),
            "gpt2" => new GgufTokenizer(file).ReadByteLevel(),
            _ => throw new ModelFormatException(file.Path, Keys + "model", -1, $"the tokenizer model {model} is not supported"),
        };
    }

    private BpeTokenizer ReadSentencePiece()
    {
        float[] scores = _file.FindSingleArray(Keys + "scores") ?? new float[_texts.Count];
        CheckLength("scores", scores.Length);
        var pieces = new PieceTable(_texts.Count);
        int[] bytes = new int[256];
        Array.Fill(bytes, -1);
        for (int i = 0; i < _texts.Count; i++)
        {
            if (_kinds[i] == TokenKind.Byte && ByteToken.TryParse(_texts.Utf8(i), out byte value))
                bytes[value] = i;
            else if (_kinds[i] is TokenKind.Normal or TokenKind.UserDefined or TokenKind.Unused && _texts.Utf8(i).Length > 0)
                pieces.Add(_texts.Utf8(i), i);
        }

        int unknown = FindToken("unknown_token_id", Usual(0, TokenKind.Unknown)) ?? -1;
        if (unknown < 0 && bytes.Contains(-1))
            throw Error("tokens", "there is neither a token for every byte nor an unknown token");

        bool addsPrefix = _file.FindBoolean(Keys + "add_space_prefix") ?? true;
        var decoder = new TokenDecoder(ByteLevel: false, ByteTokens: false, [([.. "\u2581"u8], [.. " "u8])], LeadingSpaceIsPrefix: addsPrefix);
        List<Normalizer> normalizers = [new ReplaceNormalizer([.. " "u8], [.. "\u2581"u8])];
        if (addsPrefix)
            normalizers.Insert(0, new PrefixNormalizer([.. " "u8]));
        var model = new BpeModel(new CharacterAlphabet(pieces, bytes, unknown, fuseUnknown: true), new ScoredMerges(pieces, scores), wholePieces: null);
        int? begin = FindToken("bos_token_id", Usual(1, TokenKind.Control));
        int? end = FindToken("eos_token_id", Usual(2, TokenKind.Control));
        return Build(decoder, begin, end, addsBegin: true, normalizers, preTokenizer: null, model);
    }

    private BpeTokenizer ReadByteLevel()
    {
        string pre = _file.FindString(Keys + "pre") ?? "default";
        GgufPreTokenizer described = GgufPreTokenizers.Find(_file.Path, pre);
        var ids = new PieceTable(_texts.Count);
        bool takesWholePieces = described.TakesWholePieces;
        PieceTable? wholePieces = takesWholePieces ? new PieceTable(_texts.Count) : null;
        var bytesOfPiece = new ArrayBufferWriter<byte>();
        for (int i = 0; i < _texts.Count; i++)
        {
            if (!ids.Add(_texts.Utf8(i), i) || wholePieces is null || _kinds[i] != TokenKind.Normal)
                continue;
            bytesOfPiece.ResetWrittenCount();
            ByteLevelAlphabet.Write(_texts.Utf8(i), bytesOfPiece);
            wholePieces.Add(bytesOfPiece.WrittenSpan, i);
        }

        int[] bytes = new int[256];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = ids.Find(Encoding.UTF8.GetBytes(ByteLevelAlphabet.Character((byte)i).ToString()));
        var alphabet = new ByteAlphabet(bytes, FindToken("unknown_token_id") ?? -1);
        var decoder = new TokenDecoder(ByteLevel: true, ByteTokens: false, [], LeadingSpaceIsPrefix: false);
        var model = new BpeModel(alphabet, ReadMerges(ids), wholePieces);
        return Build(decoder, FindToken("bos_token_id"), FindToken("eos_token_id"), described.AddsBegin, [], GgufPreTokenizers.Create(_file.Path, described), model);
    }

    private RankedMerges ReadMerges(PieceTable ids)
    {
        GgufStrings lines = _file.GetStrings(Keys + "merges").ReplaceInvalid();
        var merges = new RankedMerges(lines.Count);
        byte[] both = new byte[256];
        int next = 0;
        // Not where texts repeat: a text's token is then the first of several.
        int numbered = ids.Count == _texts.Count ? _texts.Count : 0;
        for (int i = 0; i < lines.Count; i++)
        {
            // A token may itself start with a space, so the separator is the first one after that.
            ReadOnlySpan<byte> line = lines.Utf8(i);
            int space = line.Length > 1 ? line[1..].IndexOf((byte)' ') + 1 : 0;
            if (space > 0)
            {
                if (both.Length < line.Length)
                    both = new byte[2 * line.Length];
                line[..space].CopyTo(both);
                line[(space + 1)..].CopyTo(both.AsSpan(space));
                int left = ids.Find(line[..space]);
                int right = ids.Find(line[(space + 1)..]);
                // Vocabularies number their tokens in the order of the merges that make them: the next one is nearly always it.
                ReadOnlySpan<byte> whole = both.AsSpan(0, line.Length - 1);
                int merged = next < numbered && _texts.Utf8(next).SequenceEqual(whole) ? next : ids.Find(whole);
                next = merged + 1;
                if (left >= 0 && right >= 0 && merged >= 0)
                {
                    merges.Add(i, left, right, merged);
                    continue;
                }
            }

            throw Error($"merges[{i}]", $"\"{lines[i]}\" does not merge two tokens into a third");
        }

        return merges;
    }

    private BpeTokenizer Build(
        TokenDecoder decoder, int? begin, int? end, bool addsBegin, IReadOnlyList<Normalizer> normalizers, PreTokenizer? preTokenizer, BpeModel model)
    {
        var vocabulary = new Vocabulary(_texts, _kinds, decoder);
        List<AddedToken> added = [];
        for (int i = 0; i < _texts.Count; i++)
        {
            if (_texts.Utf8(i).Length == 0 || _kinds[i] is not (TokenKind.Control or TokenKind.Unknown or TokenKind.UserDefined))
                continue;
            added.Add(new AddedToken(i, _texts[i], IsSpecial: _kinds[i] != TokenKind.UserDefined));
        }

        AddedToken.Check(_file.Path, Keys + "tokens", added);
        int?[] ends = [end, FindToken("eot_token_id"), FindToken("eom_token_id")];
        addsBegin = _file.FindBoolean(Keys + "add_bos_token") ?? addsBegin;
        bool addsEnd = _file.FindBoolean(Keys + "add_eos_token") ?? false;
        var special = new SpecialTokens(
            begin,
            end,
            addsBegin && begin is int first ? [first] : [],
            addsEnd && end is int last ? [last] : [],
            EndOfGeneration.Find(vocabulary, ends.OfType<int>()),
            _file.FindString("tokenizer.chat_template"))
        {
            ToolChatTemplate = _file.FindString("tokenizer.chat_template.tool_use"),
        };
        return new BpeTokenizer(vocabulary, special, added, normalizers, preTokenizer, model);
    }

    private TokenKind[] ReadKinds()
    {
        int[]? types = _file.FindInt32Array(Keys + "token_type");
        if (types is null)
            return [.. Enumerable.Repeat(TokenKind.Normal, _texts.Count)];

        CheckLength("token_type", types.Length);
        var kinds = new TokenKind[types.Length];
        for (int i = 0; i < types.Length; i++)
        {
            kinds[i] = types[i] switch
            {
                0 => TokenKind.Normal,
                >= (int)TokenKind.Normal and <= (int)TokenKind.Byte => (TokenKind)types[i],
                _ => throw Error($"token_type[{i}]", $"the token type {types[i]} is not known"),
            };
        }

        return kinds;
    }

    /// <summary>A token id from the metadata; null where it says, as -1, that there is none.</summary>
    private int? FindToken(string key, int? ifAbsent = null)
    {
        if (!_file.Metadata.TryGetValue(Keys + key, out GgufValue? value))
            return ifAbsent;
        if (!value.TryGetInt64(out long id))
            throw Error(key, $"a token id was expected and {value} found");
        if (id is -1 or uint.MaxValue)
            return null;
        return id >= 0 && id < _texts.Count ? (int)id : throw Error(key, $"there is no token {id} in a vocabulary of {_texts.Count}");
    }

    // Files from before these keys have SentencePiece's own numbering.
    private int? Usual(int id, TokenKind kind) => id < _kinds.Length && _kinds[id] == kind ? id : null;

    private void CheckLength(string key, int length)
    {
        if (length != _texts.Count)
            throw Error(key, $"{length} entries were found for {_texts.Count} tokens");
    }

    private ModelFormatException Error(string key, string problem)
        => new(_file.Path, Keys + key, _file.Metadata.TryGetValue(Keys + key, out GgufValue? value) ? value.Offset : -1, problem);
}
