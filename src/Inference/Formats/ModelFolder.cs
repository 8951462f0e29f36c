using System.Buffers.Binary;

namespace Inference.Formats;

/// <summary>Where a folder keeps its model.</summary>
internal static class ModelFolder
{
    public const string Index = "model.safetensors.index.json";
    public const string SingleFile = "model.safetensors";
    public const string IndexSuffix = ".safetensors.index.json";

    /// <summary>The file of a folder to open: safetensors before GGUF, by the usual name before by extension.</summary>
    /// <exception cref="ModelFormatException">There is none, or there are several.</exception>
    public static string Find(string folder) =>
        FindSafetensors(folder) ?? FindOnly(folder, "*.gguf") ?? throw new ModelFormatException(
            folder, null, -1, $"the folder holds no model: neither {Index}, {SingleFile}, another .safetensors file, nor a .gguf file");

    /// <summary>As <see cref="Find"/>, for safetensors only.</summary>
    public static string? FindSafetensors(string folder)
    {
        foreach (string name in (string[])[Index, SingleFile])
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                return path;
        }

        return FindOnly(folder, "*" + IndexSuffix) ?? FindOnly(folder, "*.safetensors");
    }

    /// <summary>What a file is, by its first bytes; an index is known by its name.</summary>
    public static ModelFileKind KindOf(string path)
    {
        if (path.EndsWith(IndexSuffix, StringComparison.OrdinalIgnoreCase))
            return ModelFileKind.Safetensors;

        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        Span<byte> start = stackalloc byte[9];
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (length >= sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(start) == GgufHeader.Magic)
            return ModelFileKind.Gguf;
        return length == start.Length && start[^1] == (byte)'{' ? ModelFileKind.Safetensors : ModelFileKind.Unknown;
    }

    private static string? FindOnly(string folder, string pattern)
    {
        string[] files = Directory.GetFiles(folder, pattern);
        if (files.Length <= 1)
            return files.FirstOrDefault();
        if (FirstPart(files) is { } first)
            return first;
        string names = string.Join(", ", files.Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(4));
        throw new ModelFormatException(folder, null, -1, $"the folder holds {files.Length} models ({names}); name one");
    }

    /// <summary>The first part, where all files are parts of one model.</summary>
    private static string? FirstPart(string[] files)
    {
        if (PartName.Parse(files[0]) is not { Extension: ".gguf" } name)
            return null;
        string first = name.Of(1);
        return files.Contains(first) && files.All(file => PartName.Parse(file) is { } part && part with { Number = 1 } == name with { Number = 1 }) ? first : null;
    }
}
