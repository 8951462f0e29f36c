namespace Inference.Formats;

/// <summary>Opens all the files of a GGUF model, which may have been split.</summary>
/// <remarks>
/// The convention is that of llama.cpp's gguf-split: every part says which one it is (<c>split.no</c>, from 0), of how many
/// (<c>split.count</c>) and how many tensors the model has in all (<c>split.tensors.count</c>); the first one alone has the model's metadata.
/// </remarks>
internal static class GgufParts
{
    public const string KeyPrefix = "split.";
    private const string NumberKey = "split.no";
    private const string CountKey = "split.count";
    private const string TensorsKey = "split.tensors.count";

    /// <summary>Opens a file, and where it is the first part of a model, the others beside it.</summary>
    /// <exception cref="ModelFormatException">A part is missing, malformed or another model's, or the file is a part other than the first.</exception>
    public static List<GgufPart> Open(string path)
    {
        List<GgufPart> parts = [];
        try
        {
            parts.Add(GgufPart.Open(path));
            if (Number(parts[0], CountKey) is > 1 and var count)
                AddOthers(parts, count);
            return parts;
        }
        catch
        {
            foreach (GgufPart part in parts)
                part.Dispose();
            throw;
        }
    }

    private static void AddOthers(List<GgufPart> parts, long count)
    {
        GgufPart first = parts[0];
        PartName? name = PartName.Parse(first.Path);
        long number = Number(first, NumberKey) ?? throw new ModelFormatException(first.Path, NumberKey, -1, "the file is a part of a model and does not say which");
        if (number != 0)
        {
            string start = name is null ? "" : $", {Path.GetFileName(name.Of(1))}";
            throw new ModelFormatException(first.Path, NumberKey, -1, $"the file is part {number + 1} of {count}; open the first one{start}");
        }

        if (name is null || name.Number != 1 || name.Count != count)
            throw new ModelFormatException(first.Path, CountKey, -1, $"the file is the first of {count} parts, and its name does not end with -00001-of-{count:D5}.gguf, by which the others would be found");

        HashSet<string> tensors = new(first.Header.Tensors.Keys, StringComparer.Ordinal);
        for (int i = 2; i <= count; i++)
            parts.Add(OpenPart(name.Of(i), i, count, first.Path, tensors));

        if (Number(first, TensorsKey) is { } expected && expected != tensors.Count)
            throw new ModelFormatException(first.Path, TensorsKey, -1, $"the model has {expected} tensors, and its {count} parts hold {tensors.Count}");
    }

    private static GgufPart OpenPart(string path, int number, long count, string first, HashSet<string> tensors)
    {
        if (!File.Exists(path))
            throw new ModelFormatException(first, CountKey, -1, $"part {number} of {count}, {Path.GetFileName(path)}, is missing");
        GgufPart part = GgufPart.Open(path);
        try
        {
            if (Number(part, NumberKey) != number - 1 || Number(part, CountKey) != count)
                throw new ModelFormatException(path, NumberKey, -1, $"the file does not say that it is part {number} of {count}");
            foreach (string tensor in part.Header.Tensors.Keys)
            {
                if (!tensors.Add(tensor))
                    throw new ModelFormatException(path, tensor, -1, "another part holds a tensor of the same name");
            }

            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    private static long? Number(GgufPart part, string key)
    {
        if (!part.Header.Metadata.TryGetValue(key, out GgufValue? value))
            return null;
        return value.TryGetInt64(out long number) && number is >= 0 and <= int.MaxValue
            ? number
            : throw new ModelFormatException(part.Path, key, value.Offset, $"a whole number was expected and {value} found");
    }
}
