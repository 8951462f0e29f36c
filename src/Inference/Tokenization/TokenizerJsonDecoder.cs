using System.Text;

namespace Inference.Tokenization;

/// <summary>Reads the decoder of a tokenizer.json.</summary>
/// <remarks>Decoders work token by token here, so that text can stream: what would look at several tokens at once is refused by name.</remarks>
internal sealed class TokenizerJsonDecoder
{
    private readonly List<DecoderStep> _steps = [];
    private TokenDecoder _decoder = new();
    private int _count;

    // From here on steps would see the whole text.
    private bool _fused;

    private TokenizerJsonDecoder()
    {
    }

    /// <summary>Reads it.</summary>
    /// <param name="field">The component, or null for none.</param>
    /// <param name="isByteLevel">Whether the pre-tokenizer is byte-level: what an absent decoder then is.</param>
    public static TokenDecoder Read(JsonField? field, bool isByteLevel)
    {
        // Without a decoder, tokens are words.
        if (field is not { } component)
            return isByteLevel ? new TokenDecoder(new ByteLevelStep()) : new TokenDecoder(new WordPieceStep(null)) { LeadingCount = 1, RewritesAdded = true };
        var reader = new TokenizerJsonDecoder();
        reader.Read(component);
        return reader._decoder with { Path = component.File, Steps = [.. reader._steps] };
    }

    private void Read(JsonField component)
    {
        JsonField type = component.Get("type");
        component.CheckComponents(++_count);
        switch (type.AsString())
        {
            case "Sequence":
                foreach (JsonField item in component.Get("decoders").Items())
                    Read(item);
                break;
            case "ByteLevel":
                Add(component, new ByteLevelStep());
                _fused = true;
                break;
            case "ByteFallback":
                Add(component, new ByteFallbackStep());
                break;
            case "Fuse":
                _fused = true;
                break;
            case "Replace":
                ReadReplace(component);
                break;
            case "Strip":
                ReadStrip(component);
                break;
            case "Metaspace":
                byte[] mark = Text(component.Get("replacement"));
                string scheme = component.Find("prepend_scheme")?.AsString() ?? (component.GetBoolean("add_prefix_space", true) ? "always" : "never");
                Add(component, new ReplaceStep(mark, [(byte)' ']));
                _decoder = _decoder with { LeadingCount = scheme != "never" ? 1 : 0 };
                break;
            case "WordPiece":
                Add(component, new WordPieceStep(Encoding.UTF8.GetBytes(component.Find("prefix")?.AsString() ?? "##")));
                if (component.GetBoolean("cleanup", true))
                    Add(component, new CleanUpStep());
                _decoder = _decoder with { LeadingCount = 1, RewritesAdded = true };
                break;
            case "BPEDecoder":
                Add(component, new ReplaceStep(component.Find("suffix") is { } suffix ? Text(suffix) : [.. "</w>"u8], [(byte)' ']));
                _decoder = _decoder with { DropsLastSpace = true };
                break;
            case "CTC":
                ReadCtc(component);
                break;
            default:
                throw type.Error($"the decoder {type.AsString()} is not supported");
        }
    }

    private void ReadReplace(JsonField component)
    {
        // One ASCII character cannot lie across tokens.
        if (_fused && !(component.Get("pattern").Find("String")?.AsString() is [< '\u0080']))
            throw component.Error("replacing texts that may lie across tokens is not supported");
        Normalizer replace = TokenizerJsonNormalizers.ReadReplace(component);
        _steps.Add(new RewriteStep(component.File, replace));
    }

    private void ReadStrip(JsonField component)
    {
        byte[] content = Text(component.Get("content"));
        int start = component.Get("start").AsInt32();
        int stop = component.Get("stop").AsInt32();
        if (start < 0 || stop < 0)
            throw component.Error("a number of characters to strip is negative");
        if (!_fused)
            _steps.Add(new TrimStep(content, start, stop));
        else if (stop == 0)
            _decoder = _decoder with { Leading = content, LeadingCount = start };
        else
            throw component.Error("stripping the end of a text is not supported");
    }

    private void ReadCtc(JsonField component)
    {
        if (component.Find("pad_token")?.AsString() is { Length: > 0 } pad)
            Add(component, new ReplaceStep(Encoding.UTF8.GetBytes(pad), []));
        if (component.GetBoolean("cleanup", true))
        {
            Add(component, new CleanUpStep());
            if (component.Find("word_delimiter_token")?.AsString() is { Length: > 0 } delimiter)
                Add(component, new ReplaceStep(Encoding.UTF8.GetBytes(delimiter), [(byte)' ']));
        }

        _decoder = _decoder with { DropsRepeats = true };
    }

    private void Add(JsonField component, DecoderStep step)
    {
        if (_fused)
            throw component.Error("this decoder after one that joins the tokens is not supported");
        _steps.Add(step);
    }

    private static byte[] Text(JsonField field)
    {
        byte[] text = TokenizerJsonNormalizers.ShortText(field);
        return text.Length > 0 ? text : throw field.Error("the text is empty");
    }
}
