using System.Text;

namespace Inference.Tokenization;

/// <summary>Reads the pre-tokenizers of a tokenizer.json.</summary>
internal sealed class TokenizerJsonPreTokenizers
{
    // What Rust's \w matches: marks and what only some alphabets count as letters included.
    private const string Word = "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\u200C\u200D\u24B6-\u24E9\U0001F130-\U0001F149\U0001F150-\U0001F169\U0001F170-\U0001F189";

    private readonly List<PieceStage> _stages = [];
    private readonly List<Normalizer> _rewrites = [];
    private readonly List<PreTokenizer> _splitters = [];
    private int _count;

    /// <summary>Reads them.</summary>
    /// <param name="field">The component, or null for none.</param>
    public TokenizerJsonPreTokenizers(JsonField? field)
    {
        if (field is { } component)
            Read(component);
        EndStage();
    }

    /// <summary>Whether tokens are spelled in the byte-level alphabet.</summary>
    public bool IsByteLevel { get; private set; }

    /// <summary>What cuts the text, in order.</summary>
    public IReadOnlyList<PieceStage> Stages => _stages;

    private void Read(JsonField component)
    {
        JsonField type = component.Get("type");
        component.CheckComponents(++_count);
        if (IsByteLevel)
            throw type.Error("pre-tokenizers after ByteLevel are not supported");
        switch (type.AsString())
        {
            case "Sequence":
                foreach (JsonField item in component.Get("pretokenizers").Items())
                    Read(item);
                break;
            case "ByteLevel":
                ReadByteLevel(component);
                break;
            case "Metaspace":
                ReadMetaspace(component);
                break;
            case "Split":
                _splitters.Add(ReadSplit(component));
                break;
            case "Digits":
                _splitters.Add(new SplitPreTokenizer(
                    RunePattern.Numbers,
                    component.GetBoolean("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous));
                break;
            case "Punctuation":
                _splitters.Add(new SplitPreTokenizer(
                    RunePattern.Punctuation,
                    component.Find("behavior") is { } behavior ? ReadBehavior(behavior) : SplitBehavior.Isolated));
                break;
            case "Whitespace":
                _splitters.Add(new SplitPreTokenizer(
                    TextPattern.Compile(component.File, component.Path, $@"[{Word}]+|[^{Word}\s]+"), SplitBehavior.Removed, invert: true));
                break;
            case "WhitespaceSplit":
                _splitters.Add(new SplitPreTokenizer(RunePattern.Spaces, SplitBehavior.Removed));
                break;
            case "BertPreTokenizer":
                _splitters.Add(new SplitPreTokenizer(RunePattern.Spaces, SplitBehavior.Removed));
                _splitters.Add(new SplitPreTokenizer(RunePattern.Punctuation, SplitBehavior.Isolated));
                break;
            case "CharDelimiterSplit":
                _splitters.Add(new SplitPreTokenizer(new LiteralPattern(Literal(component.Get("delimiter"))), SplitBehavior.Removed));
                break;
            case "UnicodeScripts":
                _splitters.Add(new ScriptPreTokenizer());
                break;
            case "FixedLength":
                int length = component.Get("length").AsInt32();
                _splitters.Add(new LengthPreTokenizer(length > 0 ? length : throw component.Error($"pieces of {length} characters are none")));
                break;
            default:
                throw type.Error($"the pre-tokenizer {type.AsString()} is not supported");
        }
    }

    private void ReadByteLevel(JsonField component)
    {
        IsByteLevel = true;
        if (component.GetBoolean("add_prefix_space", true))
            Rewrite(new PrefixNormalizer([(byte)' '], unlessPresent: true));
        if (component.GetBoolean("use_regex", true))
            _splitters.Add(new SplitPreTokenizer(TextPattern.Compile(component.File, component.Path, GgufPreTokenizers.Gpt2), SplitBehavior.Isolated));
    }

    private void ReadMetaspace(JsonField component)
    {
        byte[] mark = Literal(component.Get("replacement"));
        string scheme = component.Find("prepend_scheme")?.AsString() ?? (component.GetBoolean("add_prefix_space", true) ? "always" : "never");
        if (scheme is not ("always" or "first" or "never"))
            throw component.Error($"the prepend scheme {scheme} is not supported");

        Rewrite(new ReplaceNormalizer([(byte)' '], mark));
        if (scheme != "never")
            Rewrite(new PrefixNormalizer(mark, unlessPresent: true, onlyAtStart: scheme == "first"));
        if (component.GetBoolean("split", true))
            _splitters.Add(new SplitPreTokenizer(new LiteralPattern(mark), SplitBehavior.MergedWithNext));
    }

    private static SplitPreTokenizer ReadSplit(JsonField component)
    {
        SplitBehavior behavior = ReadBehavior(component.Get("behavior"));
        bool invert = component.GetBoolean("invert", false);
        JsonField pattern = component.Get("pattern");
        TextPattern compiled = pattern.Find("String") is { } literal
            ? new LiteralPattern(Literal(literal))
            : TextPattern.Compile(component.File, pattern.Get("Regex").Path, pattern.Get("Regex").AsString());
        return new SplitPreTokenizer(compiled, behavior, invert);
    }

    private static byte[] Literal(JsonField field)
    {
        byte[] text = TokenizerJsonNormalizers.ShortText(field);
        return text.Length > 0 ? text : throw field.Error("the text is empty");
    }

    private static SplitBehavior ReadBehavior(JsonField field)
        => Enum.TryParse(field.AsString(), out SplitBehavior behavior) && behavior.ToString() == field.AsString()
            ? behavior
            : throw field.Error($"the behavior {field.AsString()} is not supported");

    // What rewrites the pieces of steps before it begins a stage of its own.
    private void Rewrite(Normalizer rewrite)
    {
        if (_splitters.Count > 0)
            EndStage();
        _rewrites.Add(rewrite);
    }

    private void EndStage()
    {
        if (_rewrites.Count + _splitters.Count == 0)
            return;
        _stages.Add(new PieceStage(
            [.. _rewrites],
            _splitters.Count switch { 0 => null, 1 => _splitters[0], _ => new SequencePreTokenizer([.. _splitters]) }));
        _rewrites.Clear();
        _splitters.Clear();
    }
}
