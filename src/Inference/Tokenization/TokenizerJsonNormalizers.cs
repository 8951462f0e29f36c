using System.Text;

namespace Inference.Tokenization;

/// <summary>Reads the normalisers of a tokenizer.json.</summary>
internal static class TokenizerJsonNormalizers
{
    // Longer ones would multiply a text's size.
    private const int MaxBytes = 64;

    /// <summary>Reads them in the order in which they apply.</summary>
    public static List<Normalizer> Read(JsonField? field)
    {
        List<Normalizer> normalizers = [];
        if (field is { } component)
            Read(component, normalizers);
        return normalizers;
    }

    /// <summary>A short text as UTF-8.</summary>
    public static byte[] ShortText(JsonField field)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(field.AsString());
        return bytes.Length <= MaxBytes ? bytes : throw field.Error($"the text is longer than {MaxBytes} bytes");
    }

    /// <summary>A component that replaces what a pattern finds.</summary>
    public static Normalizer ReadReplace(JsonField component)
    {
        byte[] replacement = ShortText(component.Get("content"));
        JsonField pattern = component.Get("pattern");
        if (pattern.IsObject && pattern.Find("Regex") is { } regex)
            return new PatternNormalizer(TextPattern.Compile(regex.File, regex.Path, regex.AsString()), replacement);
        byte[] literal = ShortText(pattern.IsObject ? pattern.Get("String") : pattern);
        return literal.Length > 0 ? new ReplaceNormalizer(literal, replacement) : throw pattern.Error("the text to replace is empty");
    }

    private static void Read(JsonField component, List<Normalizer> normalizers)
    {
        JsonField type = component.Get("type");
        component.CheckComponents(normalizers.Count + 1);
        switch (type.AsString())
        {
            case "Sequence":
                foreach (JsonField item in component.Get("normalizers").Items())
                    Read(item, normalizers);
                break;
            case "NFC" or "NFD" or "NFKC" or "NFKD":
                string form = type.AsString();
                normalizers.Add(new UnicodeNormalizer(composes: form[^1] == 'C', compatibility: form.Length == 4));
                break;
            case "Lowercase":
                normalizers.Add(new LowercaseNormalizer());
                break;
            case "Strip":
                normalizers.Add(new TrimNormalizer(component.GetBoolean("strip_left", true), component.GetBoolean("strip_right", true)));
                break;
            case "StripAccents":
                normalizers.Add(new MarkNormalizer());
                break;
            case "Nmt":
                normalizers.Add(new NmtNormalizer());
                break;
            case "Precompiled":
                ReadPrecompiled(component.Get("precompiled_charsmap"), normalizers);
                break;
            case "BertNormalizer":
                ReadBert(component, normalizers);
                break;
            case "ByteLevel":
                normalizers.Add(new ByteLevelNormalizer());
                break;
            case "Prepend":
                normalizers.Add(new PrefixNormalizer(ShortText(component.Get("prepend"))));
                break;
            case "Replace":
                normalizers.Add(ReadReplace(component));
                break;
            default:
                throw type.Error($"the normalizer {type.AsString()} is not supported");
        }
    }

    private static void ReadPrecompiled(JsonField field, List<Normalizer> normalizers)
    {
        byte[] rules;
        try
        {
            rules = Convert.FromBase64String(field.AsString());
        }
        catch (FormatException)
        {
            throw field.Error("the rules are not in base64");
        }

        if (PrecompiledNormalizer.Read(field.File, field.Path, rules) is { } normalizer)
            normalizers.Add(normalizer);
    }

    private static void ReadBert(JsonField component, List<Normalizer> normalizers)
    {
        bool lowers = component.GetBoolean("lowercase", true);
        normalizers.Add(new BertNormalizer(component.GetBoolean("clean_text", true), component.GetBoolean("handle_chinese_chars", true)));
        if (component.GetBoolean("strip_accents", lowers))
            normalizers.AddRange(AccentNormalizer.Steps);
        if (lowers)
            normalizers.Add(new LowercaseNormalizer());
    }
}
