using System.Text;

namespace Inference.Tokenization;

/// <summary>Reads the decoder of a tokenizer.json.</summary>
internal static class TokenizerJsonDecoder
{
    /// <summary>Reads it.</summary>
    /// <param name="field">The component, or null for none.</param>
    /// <param name="isByteLevel">Whether the pre-tokenizer is byte-level: what an absent decoder then is.</param>
    /// <param name="root">The whole file, for errors.</param>
    public static TokenDecoder Read(JsonField? field, bool isByteLevel, JsonField root)
    {
        var none = new TokenDecoder(ByteLevel: false, ByteTokens: false, [], LeadingSpaceIsPrefix: false);
        if (field is not { } component)
            return isByteLevel ? none with { ByteLevel = true } : throw root.Error("a vocabulary without a decoder is not supported");
        return Read(component, none);
    }

    private static TokenDecoder Read(JsonField component, TokenDecoder decoder)
    {
        JsonField type = component.Get("type");
        component.CheckComponents(decoder.Replacements.Count + 1);
        switch (type.AsString())
        {
            case "Sequence":
                return component.Get("decoders").Items().Aggregate(decoder, (before, item) => Read(item, before));
            case "ByteLevel":
                return decoder with { ByteLevel = true };
            case "ByteFallback":
                return decoder with { ByteTokens = true };
            case "Fuse":
                return decoder;
            case "Replace":
                JsonField pattern = component.Get("pattern");
                string from = pattern.Find("String")?.AsString() ?? throw pattern.Error("replacing by a regular expression is not supported");
                JsonField content = component.Get("content");
                string to = content.AsString();
                if (from.Length == 0 || to.Length > from.Length)
                    throw content.Error("replacing a text by a longer one is not supported");
                return decoder with { Replacements = [.. decoder.Replacements, (Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to))] };
            case "Strip":
                int start = component.Get("start").AsInt32();
                if (component.Get("content").AsString() != " " || start is not (0 or 1) || component.Get("stop").AsInt32() != 0)
                    throw component.Error("a decoder that strips anything but one leading space is not supported");
                return decoder with { LeadingSpaceIsPrefix = start == 1 };
            case "Metaspace":
                string mark = component.Get("replacement").AsString();
                if (mark.Length == 0)
                    throw component.Error("the replacement is empty");
                string scheme = component.Find("prepend_scheme")?.AsString() ?? (component.GetBoolean("add_prefix_space", true) ? "always" : "never");
                return decoder with { Replacements = [.. decoder.Replacements, (Encoding.UTF8.GetBytes(mark), [(byte)' '])], LeadingSpaceIsPrefix = scheme != "never" };
            default:
                throw type.Error($"the decoder {type.AsString()} is not supported");
        }
    }
}
