using System.Buffers;
using System.Text;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>Turns text into the tokens of a model, and back.</summary>
/// <remarks>
/// Immutable; every member is safe to use from any number of threads. Encoding takes O(n log n) in the length of the text,
/// whatever the text. Byte-pair encoding (byte-level, SentencePiece's, with affixes), Unigram, WordPiece, WordLevel and RWKV's
/// longest match are supported.
/// </remarks>
public abstract class Tokenizer
{
    // Marks tokens that are not whole characters in the cache of texts.
    private static readonly string _notWhole = new('\uFFFD', 1);

    private readonly string?[] _wholeTexts;

    private protected Tokenizer(Vocabulary vocabulary, SpecialTokens special)
    {
        Vocabulary = vocabulary;
        Special = special;
        _wholeTexts = new string?[vocabulary.Count];
    }

    /// <summary>One more than the highest token id. A model's table may be larger; ids beyond decode to nothing.</summary>
    public int VocabularySize => Vocabulary.Count;

    /// <summary>The token that starts a text, or null where the model knows none.</summary>
    public int? BeginOfText => Special.BeginOfText;

    /// <summary>The token that ends a text, or null. <see cref="EndOfGeneration"/> may hold more.</summary>
    public int? EndOfText => Special.EndOfText;

    /// <summary>Whether encoding puts <see cref="BeginOfText"/> in front when asked to add special tokens.</summary>
    public bool AddsBeginOfText => BeginOfText is int begin && Special.Prefix.Contains(begin);

    /// <summary>The tokens after which nothing more is to be generated: end of text, of turn, of message.</summary>
    public IReadOnlySet<int> EndOfGeneration => Special.EndOfGeneration;

    /// <summary>The Jinja template that the model's file gives for turning messages into a prompt, or null.</summary>
    public string? ChatTemplate => Special.ChatTemplate;

    /// <summary>The template that the model's file gives for conversations with tools, or null where <see cref="ChatTemplate"/> is for these too.</summary>
    public string? ToolChatTemplate => Special.ToolChatTemplate;

    internal Vocabulary Vocabulary { get; }

    private protected SpecialTokens Special { get; }

    /// <summary>Reads the tokenizer of a GGUF file; the file may be closed afterwards.</summary>
    /// <param name="file">The open file.</param>
    /// <exception cref="ModelFormatException">The metadata has no tokenizer, is malformed, or uses what is not supported.</exception>
    public static Tokenizer FromGguf(GgufFile file) => GgufTokenizer.Read(file);

    /// <summary>
    /// Reads a Hugging Face tokenizer.json, and for its special tokens and chat template the files beside it, if any:
    /// tokenizer_config.json, special_tokens_map.json, generation_config.json, config.json, chat_template.jinja.
    /// </summary>
    /// <remarks>What the file states of truncation and padding is not done: a text is never cut nor filled up silently.</remarks>
    /// <param name="pathToTokenizerJson">The file.</param>
    /// <exception cref="ModelFormatException">A file is malformed, or uses what is not supported.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static Tokenizer FromJson(string pathToTokenizerJson) => TokenizerJson.Read(pathToTokenizerJson);

    /// <summary>Reads the tokenizer of a model.</summary>
    /// <param name="path">A GGUF file (one of a vocabulary alone will do), a tokenizer.json, or a model's folder or file with a tokenizer.json in the same folder.</param>
    /// <exception cref="ModelFormatException">A file is malformed, or uses what is not supported.</exception>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    public static Tokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            string json = Path.Combine(path, "tokenizer.json");
            if (File.Exists(json) || !Directory.EnumerateFiles(path, "*.gguf").Any())
                return FromJson(json);
            path = ModelFolder.Find(path);
        }

        Span<byte> magic = stackalloc byte[4];
        using (FileStream stream = File.OpenRead(path))
            magic = magic[..stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false)];
        if (magic.SequenceEqual("GGUF"u8))
        {
            using GgufFile file = GgufFile.Open(path);
            return FromGguf(file);
        }

        bool isWeights = path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
            || path.EndsWith(".safetensors.index.json", StringComparison.OrdinalIgnoreCase);
        return FromJson(isWeights ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "tokenizer.json") : path);
    }

    /// <summary>Makes a tokenizer whose encoding comes from elsewhere. What control tokens are, decoding, and that no text becomes a control token remain this library's.</summary>
    /// <remarks>The encoder gets whole characters: bytes that are not UTF-8 reach it as U+FFFD.</remarks>
    /// <param name="definition">What it is made of.</param>
    /// <exception cref="ArgumentException">The definition contradicts itself: it names a token that it has not, or adds one that it does not name.</exception>
    /// <exception cref="ModelFormatException">The spellings of control tokens are out of all proportion.</exception>
    public static Tokenizer Create(TokenizerDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return DefinedTokenizer.From(definition);
    }

    /// <summary>Encodes a text. Unpaired surrogates become U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecial">Whether to add the tokens that the model expects around a text, such as <see cref="BeginOfText"/>.</param>
    /// <param name="parseSpecial">
    /// Whether control tokens spelled out in the text become those tokens. Leave it off for text from outside:
    /// else it can end its turn and speak as another.
    /// </param>
    /// <returns>The token ids.</returns>
    public int[] Encode(string text, bool addSpecial = true, bool parseSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            int length = Encoding.UTF8.GetBytes(text, buffer);
            return Encode(buffer.AsSpan(0, length), addSpecial, parseSpecial);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Encodes a text byte for byte; bytes that are not UTF-8 are encoded as they are where the vocabulary can.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="addSpecial">As in <see cref="Encode(string, bool, bool)"/>.</param>
    /// <param name="parseSpecial">As in <see cref="Encode(string, bool, bool)"/>.</param>
    /// <returns>The token ids.</returns>
    public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial = true, bool parseSpecial = false)
        => Encode(utf8, parseSpecial ? [new TextPiece(0, utf8.Length)] : [], addSpecial);

    /// <summary>
    /// Encodes segments as one text: pieces and merges run across their borders. A control token is found only where all its
    /// characters lie in segments that parse them. Unpaired surrogates become U+FFFD.
    /// </summary>
    /// <param name="segments">The parts of the text, in order.</param>
    /// <param name="addSpecial">As in <see cref="Encode(string, bool, bool)"/>.</param>
    /// <returns>The token ids.</returns>
    internal int[] Encode(IReadOnlyList<TextSegment> segments, bool addSpecial)
    {
        var text = new SegmentedText(segments);
        return Encode(text.Utf8, text.Parsing, addSpecial);
    }

    private int[] Encode(ReadOnlySpan<byte> utf8, ReadOnlySpan<TextPiece> parsing, bool addSpecial)
    {
        List<int> output = new((utf8.Length / 3) + 4);
        if (addSpecial)
            output.AddRange(Special.Prefix);
        Encode(utf8, parsing, output);
        if (addSpecial)
            output.AddRange(Special.Suffix);
        return [.. output];
    }

    /// <summary>Adds the tokens of a text.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="parsing">Where control tokens may be found: in order, none touching another.</param>
    /// <param name="output">Receives them.</param>
    private protected abstract void Encode(ReadOnlySpan<byte> utf8, ReadOnlySpan<TextPiece> parsing, List<int> output);

    /// <summary>
    /// Decodes a text from its start: a space that encoding puts in front of every text is taken off again.
    /// Bytes that are no UTF-8 become U+FFFD.
    /// </summary>
    /// <param name="tokens">The token ids; those outside the vocabulary contribute nothing.</param>
    /// <param name="includeSpecial">Whether control tokens appear in their own spelling rather than not at all.</param>
    public string Decode(ReadOnlySpan<int> tokens, bool includeSpecial = false)
    {
        var bytes = new ArrayBufferWriter<byte>((4 * tokens.Length) + 1);
        var start = new TextStart(Vocabulary.Decoder);
        int last = -1;
        bool endsWithSpace = false;
        foreach (int token in tokens)
        {
            if (!includeSpecial && IsSpecial(token))
                continue;
            bool repeats = token == last && Vocabulary.Decoder.DropsRepeats;
            last = token;
            if (repeats)
                continue;
            ReadOnlySpan<byte> text = start.Trim(IsSpecial(token) ? Encoding.UTF8.GetBytes(TokenText(token) ?? "") : TokenBytes(token));
            if (text.IsEmpty)
                continue;
            endsWithSpace = text[^1] == ' ';
            bytes.Write(text);
        }

        ReadOnlySpan<byte> written = bytes.WrittenSpan;
        return Encoding.UTF8.GetString(endsWithSpace && Vocabulary.Decoder.DropsLastSpace ? written[..^1] : written);
    }

    /// <summary>The bytes that a token contributes in mid-text, maybe not whole characters.</summary>
    /// <param name="token">The token id.</param>
    /// <returns>UTF-8; empty for control tokens and ids outside the vocabulary. Valid for the tokenizer's lifetime.</returns>
    public ReadOnlySpan<byte> TokenBytes(int token) => Vocabulary.Bytes(token);

    /// <summary>Whether a token is a mark for the model (control, unknown) rather than text.</summary>
    /// <param name="token">The token id.</param>
    public bool IsSpecial(int token) => Vocabulary.IsSpecial(token);

    /// <summary>The vocabulary's own spelling of a token, such as <c>Ġthe</c> or <c>&lt;0x0A&gt;</c>.</summary>
    /// <param name="token">The token id.</param>
    /// <returns>The spelling, or null for ids that the vocabulary leaves out.</returns>
    public string? TokenText(int token) => Vocabulary.Text(token);

    /// <summary>The text of a token that is whole characters, the same string each time; null for one that is not.</summary>
    internal string? WholeText(int token)
    {
        if ((uint)token >= (uint)_wholeTexts.Length)
            return "";

        // Threads may race to fill an entry; they write equal texts.
        string? text = _wholeTexts[token];
        if (text is null)
        {
            ReadOnlySpan<byte> bytes = TokenBytes(token);
            text = System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : _notWhole;
            _wholeTexts[token] = text;
        }

        return ReferenceEquals(text, _notWhole) ? null : text;
    }
}
