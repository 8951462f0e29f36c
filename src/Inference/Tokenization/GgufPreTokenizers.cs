using System.Collections.Frozen;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>The pre-tokenizers that GGUF files name in <c>tokenizer.ggml.pre</c>.</summary>
/// <remarks>
/// The names are those of llama.cpp, the patterns those of the models' own tokenizer.json where one is known. That a name lets
/// spaces before punctuation be removed on decoding is not followed: text comes back as it was.
/// </remarks>
internal static class GgufPreTokenizers
{
    /// <summary>The pre-tokenizer of GPT-2 and of most byte-level vocabularies before 2023.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const string Key = "tokenizer.ggml.pre";
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Words = @"[^\r\n\p{L}\p{N}]?\p{L}+";
    private const string SymbolsAndSpaces = @" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Llama3 = Contractions + "|" + Words + @"|\p{N}{1,3}|" + SymbolsAndSpaces;
    private const string Qwen2 = Contractions + "|" + Words + @"|\p{N}|" + SymbolsAndSpaces;

    // Words whose case changes are borders, as in GPT-4o.
    private const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
    private const string CasedStart = @"[^\r\n\p{L}\p{N}]?";
    private const string CasedWords =
        CasedStart + Upper + "*" + Lower + "+" + Contractions + "?|" + CasedStart + Upper + "+" + Lower + "*" + Contractions + "?";

    private const string SlashedSymbols = @" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Gpt4O = CasedWords + @"|\p{N}{1,3}|" + SlashedSymbols;
    private const string Tekken = CasedStart + Upper + "*" + Lower + "+|" + CasedStart + Upper + "+" + Lower + @"*|\p{N}|" + SlashedSymbols;

    private const string Cjk = "[一-龥\u3040-ゟ゠-ヿ]+";
    private const string PunctuatedWords = @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+";
    private const string DeepSeek3 = PunctuatedWords + @"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // Letters of the scripts that have case, by Unicode 12.
    private const string DeepSeekLetters =
        "\\s?[A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373\u0376\u0377\u037B-\u037D\u037F\u0386"
        + "\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA"
        + "\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D"
        + "\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC"
        + "\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184"
        + "\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF"
        + "\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A\U00010400-\U0001044F\U000104B0-\U000104D3\U000104D8-\U000104FB\U00010C80-\U00010CB2"
        + "\U00010CC0-\U00010CF2\U000118A0-\U000118DF\U0001E900-\U0001E943]+";

    private const string KimiUpper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]";
    private const string KimiLower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]";
    private const string KimiWords = @"[\p{Han}]+|" + CasedStart + KimiUpper + "*" + KimiLower + "+" + Contractions + "?|"
        + CasedStart + KimiUpper + "+" + KimiLower + "*" + Contractions + @"?|\p{N}{1,3}|" + SymbolsAndSpaces;

    private const string FalconPunctuation = @"[\p{P}\$\+<=>\^~\|`]+";
    private const string Bloom = " ?[^(\\s|.,!?…。，、।۔،)]+";
    private const string Lines = @"[^\n]+|[\n]+";

    private static readonly FrozenDictionary<string, GgufPreTokenizer> _known = Table().ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>All names, in order.</summary>
    public static IEnumerable<string> Names => _known.Keys.Order(StringComparer.Ordinal);

    /// <summary>What a name stands for.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="name">The name.</param>
    /// <exception cref="ModelFormatException">The name is not known.</exception>
    public static GgufPreTokenizer Find(string path, string name) => _known.TryGetValue(name, out GgufPreTokenizer? found)
        ? found
        : throw new ModelFormatException(path, Key, -1, $"the pre-tokenizer {name} is not supported; known are {string.Join(", ", Names)}");

    /// <summary>Makes what cuts the text.</summary>
    public static PreTokenizer Create(string path, GgufPreTokenizer described)
    {
        List<PreTokenizer> steps = [];
        if (described.DropsSpace)
            steps.Add(new SplitPreTokenizer(TextPattern.Compile(path, Key, @"\s+"), SplitBehavior.Removed));
        foreach (string pattern in described.Patterns)
            steps.Add(new SplitPreTokenizer(TextPattern.Compile(path, Key, pattern), SplitBehavior.Isolated));
        return steps.Count == 1 ? steps[0] : new SequencePreTokenizer(steps);
    }

    private static Dictionary<string, GgufPreTokenizer> Table()
    {
        Dictionary<string, GgufPreTokenizer> table = new(StringComparer.Ordinal);
        void Add(GgufPreTokenizer described, params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
                table.Add(name, described);
        }

        Add(new(FalconPunctuation.Replace("`", "", StringComparison.Ordinal), Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"), "default");
        Add(
            new(Gpt2),
            "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "modern-bert", "mpt", "olmo", "jais",
            "trillion", "granite-docling", "exaone4");
        Add(new(Gpt2) { AddsSeparator = true }, "jina-v1-en", "jina-v2-code", "roberta-bpe");
        Add(
            new(Llama3) { TakesWholePieces = true, AddsBegin = true },
            "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano");
        Add(new(Llama3), "dbrx", "smaug-bpe", "glm4", "chatglm-bpe");
        Add(
            new(Contractions + "|" + Words + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)"
                + @"|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}"),
            "jais-2");
        Add(new(@"\p{N}{1,3}", Contractions + "|" + Words + @"|\p{N}+|" + SymbolsAndSpaces) { TakesWholePieces = true }, "minicpm5");
        Add(new(Qwen2), "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2");
        Add(
            new(Contractions + @"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
            "qwen35");
        Add(new(Words + @"|\p{N}|" + SymbolsAndSpaces), "ufakzeka");
        Add(new(Lines, Qwen2), "laguna");
        Add(new(Contractions + "|" + Words + @"|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"), "seed-coder");
        Add(
            new("'(?i:[sdmt]|ll|ve|re)|" + Words + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"),
            "bailingmoe", "bailingmoe2", "llada-moe");
        Add(
            new(Contractions + @"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"),
            "exaone-moe");
        Add(new(@"\p{N}", Gpt2), "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2");
        Add(new(FalconPunctuation, Gpt2, "[0-9][0-9][0-9]"), "falcon");
        Add(new(Gpt4O), "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
        Add(new(Gpt4O) { TakesWholePieces = true }, "granite-embed-multi-97m");
        Add(new(DigitGroups.Bordered, Gpt4O), "tiny_aya", "cohere2moe");
        Add(new(@"\p{N}+", ThousandCuts.Pattern), "superbpe");
        Add(new(Tekken) { TakesWholePieces = true, AddsBegin = true }, "tekken");
        Add(
            new(
                "[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-\u303F︰-﹏]+|[ㄅ-ㄯ]+|" + Cjk,
                CasedWords + @"|\p{N}|" + SlashedSymbols) { TakesWholePieces = true },
            "youtu");
        Add(new(KimiWords), "kimi-k2");
        Add(new("[\r\n]", DeepSeekLetters, @"\s?[!-/:-~！-／：-～‘-‟\u3000-。]+", @"\s+$", "[一-龥ࠀ-一가-\uD7FF]+", @"\p{N}+"), "deepseek-llm");
        Add(new("[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", "[一-龥ࠀ-一가-\uD7FF]+", @"\p{N}"), "deepseek-coder");
        Add(new(@"\p{N}{1,3}", Cjk, DeepSeek3), "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4");
        Add(new(@"\p{N}{1,3}", Cjk, PunctuatedWords + @"| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+", @"\p{N}"), "spark2_5");
        Add(
            new(
                DigitGroups.Unbordered,
                "[一-鿿㐀-䶿\uF900-\uFAFF\u3040-ゟ゠-ヿ･-ﾟ⼀-\u2FDFเ-\u0E7F\u0E80-\u0EFFក-\u17FFက-႟ꩠ-ꩿꧠ-\uA9FF가-\uD7AFᄀ-ᇿ]+",
                DeepSeek3),
            "afmoe");
        Add(new(Bloom), "poro-chat", "bloom", "gpt3-finnish");
        Add(new(Bloom, @"\p{N}"), "viking");
        Add(
            new("<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", @"([\t\n]|    |  )", @"\p{N}", @"[\p{P}!-/:-@\[-`{-~]", Gpt2) { AddsBegin = true },
            "chameleon");
        Add(new(Lines) { IsRaw = true, AddsBegin = true }, "gemma4", "granite-embed-multi-311m");
        Add(new(Lines) { IsRaw = true }, "sarvam-moe");
        Add(new() { IsRaw = true, DropsSpace = true }, "whitespace");
        return table;
    }
}
