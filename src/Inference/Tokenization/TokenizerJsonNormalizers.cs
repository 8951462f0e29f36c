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
            case "NFC":
                normalizers.Add(new NfcNormalizer());
                break;
            case "Prepend":
                normalizers.Add(new PrefixNormalizer(ShortText(component.Get("prepend"))));
                break;
            case "Replace":
                JsonField pattern = component.Get("pattern");
                byte[] literal = ShortText(pattern.Find("String") ?? throw pattern.Error("replacing by a regular expression is not supported"));
                if (literal.Length == 0)
                    throw pattern.Error("the text to replace is empty");
                normalizers.Add(new ReplaceNormalizer(literal, ShortText(component.Get("content"))));
                break;
            default:
                throw type.Error($"the normalizer {type.AsString()} is not supported");
        }
    }
}
