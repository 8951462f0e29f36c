using System.Globalization;
using System.Text;
using Inference.Formats;

namespace Inference.Cli.Synthesis;

/// <summary>A tokenizer as the metadata of GGUF files describes it.</summary>
internal sealed class VocabularyMetadata
{
    public const string Tokens = "tokenizer.ggml.tokens";
    public const string Scores = "tokenizer.ggml.scores";
    public const string Types = "tokenizer.ggml.token_type";
    public const int NormalType = 1;
    public const int ControlType = 3;
    public const int UserDefinedType = 4;
    public const int UnusedType = 5;
    private const string Prefix = "tokenizer.";

    private readonly Dictionary<string, GgufValue> _values;
    private readonly GgufStrings _tokens;

    public VocabularyMetadata(string path, Dictionary<string, GgufValue> values)
    {
        _values = values;
        if (!values.TryGetValue(Tokens, out GgufValue? tokens) || !tokens.TryGetStrings(out GgufStrings? strings) || strings.Count == 0)
            throw new ModelFormatException(path, Tokens, -1, "there is no vocabulary");
        _tokens = strings;
    }

    /// <summary>Tokens before padding.</summary>
    public int Count => _tokens.Count;

    /// <summary>Takes the tokenizer of a GGUF file, of a tokenizer.json or of a model folder.</summary>
    public static VocabularyMetadata Load(string path)
    {
        if (Directory.Exists(path))
            path = Path.Combine(path, TokenizerJson.FileName);
        if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return TokenizerJson.Load(path);

        using GgufFile file = GgufFile.Open(path);
        return new VocabularyMetadata(path, file.Metadata.Where(pair => pair.Key.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary());
    }

    /// <summary>The metadata with unused tokens at the end, so that there are <paramref name="size"/> tokens.</summary>
    public Dictionary<string, GgufValue> Padded(int size)
    {
        if (size < Count)
            throw new ArgumentOutOfRangeException(nameof(size), size, $"The tokenizer has {Count} tokens.");
        Dictionary<string, GgufValue> padded = new(_values)
        {
            [Tokens] = GgufValue.From(PaddedTokens(size)),
            [Types] = GgufValue.From(Extended(GgufArrays.ToInt32, Types, size, NormalType, UnusedType)),
        };
        if (_values.ContainsKey(Scores))
            padded[Scores] = GgufValue.From(Extended(GgufArrays.ToSingle, Scores, size, 0, float.MinValue));
        return padded;
    }

    private T[] Extended<T>(Func<GgufValue, T[]?> read, string key, int size, T missing, T padding)
    {
        T[] extended = new T[size];
        Array.Fill(extended, missing, 0, Count);
        Array.Fill(extended, padding, Count, size - Count);
        T[] given = _values.TryGetValue(key, out GgufValue? value) && read(value) is { } elements ? elements : [];
        given.AsSpan(0, Math.Min(given.Length, Count)).CopyTo(extended);
        return extended;
    }

    // Byte for byte: tokens of a vocabulary need not be valid text.
    private GgufStrings PaddedTokens(int size)
    {
        using MemoryStream bytes = new();
        int[] ends = new int[size];
        for (int i = 0; i < size; i++)
        {
            bytes.Write(i < Count ? _tokens.Utf8(i) : Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<|unused_{i}|>")));
            ends[i] = checked((int)bytes.Length);
        }

        return new GgufStrings(bytes.ToArray(), ends);
    }
}
