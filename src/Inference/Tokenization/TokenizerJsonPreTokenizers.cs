using System.Text;

namespace Inference.Tokenization;

/// <summary>Reads the pre-tokenizers of a tokenizer.json.</summary>
internal sealed class TokenizerJsonPreTokenizers
{
    private readonly string _file;
    private readonly List<PreTokenizer> _steps = [];

    /// <summary>Reads them.</summary>
    /// <param name="file">The file, for errors.</param>
    /// <param name="field">The component, or null for none.</param>
    /// <param name="normalizers">Receives what they do to the text before cutting it.</param>
    public TokenizerJsonPreTokenizers(string file, JsonField? field, List<Normalizer> normalizers)
    {
        _file = file;
        if (field is { } component)
            Read(component, normalizers);
    }

    /// <summary>Whether tokens are spelled in the byte-level alphabet.</summary>
    public bool IsByteLevel { get; private set; }

    /// <summary>What cuts the text; null where it stays whole.</summary>
    public PreTokenizer? PreTokenizer => _steps.Count switch
    {
        0 => null,
        1 => _steps[0],
        _ => new SequencePreTokenizer(_steps),
    };

    private void Read(JsonField component, List<Normalizer> normalizers)
    {
        JsonField type = component.Get("type");
        component.CheckComponents(_steps.Count + 1);
        if (IsByteLevel)
            throw type.Error("pre-tokenizers after ByteLevel are not supported");
        switch (type.AsString())
        {
            case "Sequence":
                foreach (JsonField item in component.Get("pretokenizers").Items())
                    Read(item, normalizers);
                break;
            case "ByteLevel":
                ReadByteLevel(component, normalizers);
                break;
            case "Split":
                _steps.Add(ReadSplit(component));
                break;
            case "Digits":
                _steps.Add(new SplitPreTokenizer(
                    RunePattern.Numbers,
                    component.GetBoolean("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous));
                break;
            case "Punctuation":
                _steps.Add(new SplitPreTokenizer(
                    RunePattern.Punctuation,
                    component.Find("behavior") is { } behavior ? ReadBehavior(behavior) : SplitBehavior.Isolated));
                break;
            case "Metaspace":
                ReadMetaspace(component, normalizers);
                break;
            default:
                throw type.Error($"the pre-tokenizer {type.AsString()} is not supported");
        }
    }

    private void ReadByteLevel(JsonField component, List<Normalizer> normalizers)
    {
        IsByteLevel = true;
        if (component.GetBoolean("add_prefix_space", true))
        {
            RequireFirst(component);
            normalizers.Add(new PrefixNormalizer([(byte)' '], unlessPresent: true));
        }

        if (component.GetBoolean("use_regex", true))
            _steps.Add(new SplitPreTokenizer(TextPattern.Compile(_file, component.Path, GgufPreTokenizers.Gpt2), SplitBehavior.Isolated));
    }

    private void ReadMetaspace(JsonField component, List<Normalizer> normalizers)
    {
        RequireFirst(component);
        byte[] mark = TokenizerJsonNormalizers.ShortText(component.Get("replacement"));
        if (mark.Length == 0)
            throw component.Error("the replacement is empty");
        string scheme = component.Find("prepend_scheme")?.AsString() ?? (component.GetBoolean("add_prefix_space", true) ? "always" : "never");
        if (scheme is not ("always" or "first" or "never"))
            throw component.Error($"the prepend scheme {scheme} is not supported");

        normalizers.Add(new ReplaceNormalizer([(byte)' '], mark));
        if (scheme != "never")
            normalizers.Add(new PrefixNormalizer(mark, unlessPresent: true, onlyAtStart: scheme == "first"));
        if (component.GetBoolean("split", true))
            _steps.Add(new SplitPreTokenizer(new LiteralPattern(mark), SplitBehavior.MergedWithNext));
    }

    private PreTokenizer ReadSplit(JsonField component)
    {
        SplitBehavior behavior = ReadBehavior(component.Get("behavior"));
        bool invert = component.GetBoolean("invert", false);
        JsonField pattern = component.Get("pattern");
        if (pattern.Find("String") is { } literal)
        {
            byte[] text = Encoding.UTF8.GetBytes(literal.AsString());
            if (text.Length == 0)
                throw literal.Error("the text to split at is empty");
            return new SplitPreTokenizer(new LiteralPattern(text), behavior, invert);
        }

        JsonField regex = pattern.Get("Regex");

        return new SplitPreTokenizer(TextPattern.Compile(_file, regex.Path, regex.AsString()), behavior, invert);
    }

    private static SplitBehavior ReadBehavior(JsonField field)
        => Enum.TryParse(field.AsString(), out SplitBehavior behavior) && behavior.ToString() == field.AsString()
            ? behavior
            : throw field.Error($"the behavior {field.AsString()} is not supported");

    // What they put in front would go before every piece of the steps so far.
    private void RequireFirst(JsonField component)
    {
        if (_steps.Count > 0)
            throw component.Error("adding a prefix after another pre-tokenizer is not supported");
    }
}
