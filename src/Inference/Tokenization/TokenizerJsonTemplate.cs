namespace Inference.Tokenization;

/// <summary>Reads the post-processor of a tokenizer.json: the tokens around a text.</summary>
internal static class TokenizerJsonTemplate
{
    /// <summary>Reads it.</summary>
    /// <param name="field">The component, or null for none.</param>
    /// <param name="prefix">Receives the tokens in front of a text.</param>
    /// <param name="suffix">Receives those behind.</param>
    public static void Read(JsonField? field, List<int> prefix, List<int> suffix)
    {
        if (field is not { } component)
            return;

        JsonField type = component.Get("type");
        switch (type.AsString())
        {
            case "Sequence":
                foreach (JsonField item in component.Get("processors").Items())
                    Read(item, prefix, suffix);
                break;
            case "ByteLevel":
                break;
            case "RobertaProcessing" or "BertProcessing":
                prefix.Add(ReadPair(component.Get("cls")));
                suffix.Insert(0, ReadPair(component.Get("sep")));
                break;
            case "TemplateProcessing":
                ReadTemplate(component, prefix, suffix);
                break;
            default:
                throw type.Error($"the post-processor {type.AsString()} is not supported");
        }
    }

    // A token's text and its id.
    private static int ReadPair(JsonField field)
    {
        JsonField[] parts = [.. field.Items().Take(3)];
        return parts.Length == 2 ? parts[1].AsInt32() : throw field.Error("a token and its id were expected");
    }

    private static void ReadTemplate(JsonField component, List<int> prefix, List<int> suffix)
    {
        List<int> target = prefix;
        foreach (JsonField item in component.Get("single").Items())
        {
            if (item.Find("Sequence") is not null)
            {
                if (ReferenceEquals(target, suffix))
                    throw item.Error("a template with the text twice is not supported");
                target = suffix;
                continue;
            }

            string name = item.Get("SpecialToken").Get("id").AsString();
            JsonField ids = component.Get("special_tokens").Get(name).Get("ids");
            target.AddRange(ids.Items().Select(id => id.AsInt32()));
        }
    }
}
