namespace Inference.Formats;

/// <summary>
/// An open GGUF file, version 2 or 3, or all the parts of a split one: its metadata, read, and its tensors, mapped. The whole header
/// is checked on opening: what a tensor says of its place and size is true.
/// </summary>
/// <remarks>
/// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. A file that ends where its tensors' data should begin is
/// accepted as a description (<see cref="IsHeaderOnly"/>): its tensors are listed, and asking for their bytes is refused.
/// Reading is safe from any number of threads.
/// </remarks>
public sealed class GgufFile : ModelFile
{
    private readonly List<GgufPart> _parts;
    private readonly OrderedDictionary<string, StoredTensor> _tensors = [];

    private GgufFile(List<GgufPart> parts, Func<StoredTensor, StoredTensor>? bytes = null)
    {
        _parts = parts;
        foreach (GgufPart part in parts)
        {
            foreach (GgufTensorEntry entry in part.Header.Tensors.Values)
                _tensors.Add(entry.Name, bytes is null ? part.Store(entry) : bytes(part.Store(entry)));
        }

        IsHeaderOnly = bytes is null && parts.Exists(part => part.IsHeaderOnly);

        // Joined, the model is none that is split: whoever writes its metadata elsewhere writes one file.
        Metadata = parts.Count == 1
            ? parts[0].Header.Metadata
            : new OrderedDictionary<string, GgufValue>(parts[0].Header.Metadata.Where(pair => !pair.Key.StartsWith(GgufParts.KeyPrefix, StringComparison.Ordinal)));
    }

    /// <inheritdoc/>
    public override string Path => _parts[0].Path;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

    /// <inheritdoc/>
    public override long ByteLength => _parts.Sum(part => part.ByteLength);

    /// <summary>The version of the format: 2 or 3.</summary>
    public uint Version => _parts[0].Header.Version;

    /// <summary>What the tensors' places in the file are multiples of, in bytes.</summary>
    public int Alignment => _parts[0].Header.Alignment;

    /// <summary>Whether the file ends before the data of its tensors.</summary>
    public bool IsHeaderOnly { get; }

    /// <summary>Every metadata value by its key, in file order when enumerated.</summary>
    public IReadOnlyDictionary<string, GgufValue> Metadata { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">
    /// The file. Of a model that is split into several it is the first, <c>*-00001-of-0000N.gguf</c>: the others are found beside it,
    /// and all are one model.
    /// </param>
    /// <exception cref="ModelFormatException">The file is malformed, uses what this library does not support, or lacks one of its parts.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static new GgufFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new GgufFile(GgufParts.Open(path));
    }

    /// <summary>Opens a file whose tensors' bytes are elsewhere.</summary>
    /// <param name="path">The file; a header is enough.</param>
    /// <param name="bytes">The tensor of the same name, type and shape whose bytes count. They stay valid as long as the file is open.</param>
    internal static GgufFile Open(string path, Func<StoredTensor, StoredTensor> bytes) => new(GgufParts.Open(path), bytes);

    /// <summary>A text value.</summary>
    /// <param name="key">The metadata key.</param>
    /// <returns>The text, or null where the key is absent.</returns>
    /// <exception cref="ModelFormatException">The value is not text.</exception>
    public string? FindString(string key)
    {
        if (!Metadata.TryGetValue(key, out GgufValue? value))
            return null;
        return value.TryGetString(out string? text) ? text : throw Unexpected(key, value, "text");
    }

    /// <summary>A text value that must be there.</summary>
    /// <param name="key">The metadata key.</param>
    /// <exception cref="ModelFormatException">The key is absent, or its value is not text.</exception>
    public string GetString(string key) => FindString(key) ?? throw Missing(key);

    /// <summary>A boolean value.</summary>
    /// <param name="key">The metadata key.</param>
    /// <returns>The boolean, or null where the key is absent.</returns>
    /// <exception cref="ModelFormatException">The value is not a boolean.</exception>
    public bool? FindBoolean(string key)
    {
        if (!Metadata.TryGetValue(key, out GgufValue? value))
            return null;
        return value.TryGetBoolean(out bool result) ? result : throw Unexpected(key, value, "a boolean");
    }

    /// <summary>An integer value of any width.</summary>
    /// <param name="key">The metadata key.</param>
    /// <returns>The integer, or null where the key is absent.</returns>
    /// <exception cref="ModelFormatException">The value is not an integer, or does not fit into 32 bits.</exception>
    public int? FindInt32(string key)
    {
        if (!Metadata.TryGetValue(key, out GgufValue? value))
            return null;
        return value.TryGetInt64(out long result) && result is >= int.MinValue and <= int.MaxValue
            ? (int)result
            : throw Unexpected(key, value, "an integer of 32 bits");
    }

    /// <summary>An integer value, of any width, that must be there.</summary>
    /// <param name="key">The metadata key.</param>
    /// <exception cref="ModelFormatException">The key is absent, or its value is not an integer that fits into 32 bits.</exception>
    public int GetInt32(string key) => FindInt32(key) ?? throw Missing(key);

    /// <summary>A number of any type, as a 32-bit float.</summary>
    /// <param name="key">The metadata key.</param>
    /// <returns>The number, or null where the key is absent.</returns>
    /// <exception cref="ModelFormatException">The value is not a number.</exception>
    public float? FindSingle(string key)
    {
        if (!Metadata.TryGetValue(key, out GgufValue? value))
            return null;
        return value.TryGetDouble(out double result) ? (float)result : throw Unexpected(key, value, "a number");
    }

    /// <summary>A number, of any type, that must be there.</summary>
    /// <param name="key">The metadata key.</param>
    /// <exception cref="ModelFormatException">The key is absent, or its value is not a number.</exception>
    public float GetSingle(string key) => FindSingle(key) ?? throw Missing(key);

    /// <summary>An array of text.</summary>
    /// <param name="key">The metadata key.</param>
    /// <returns>The strings, or null where the key is absent.</returns>
    /// <exception cref="ModelFormatException">The value is not an array of text.</exception>
    public GgufStrings? FindStrings(string key)
    {
        if (!Metadata.TryGetValue(key, out GgufValue? value))
            return null;
        return value.TryGetStrings(out GgufStrings? strings) ? strings : throw Unexpected(key, value, "an array of text");
    }

    /// <summary>An array of text that must be there.</summary>
    /// <param name="key">The metadata key.</param>
    /// <exception cref="ModelFormatException">The key is absent, or its value is not an array of text.</exception>
    public GgufStrings GetStrings(string key) => FindStrings(key) ?? throw Missing(key);

    /// <summary>An array of integers of any width; a single integer is an array of one.</summary>
    /// <param name="key">The metadata key.</param>
    /// <returns>A copy of the array, or null where the key is absent.</returns>
    /// <exception cref="ModelFormatException">The value is not made of integers, or one does not fit into 32 bits.</exception>
    public int[]? FindInt32Array(string key)
    {
        if (!Metadata.TryGetValue(key, out GgufValue? value))
            return null;
        return GgufArrays.ToInt32(value) ?? throw Unexpected(key, value, "an array of integers of 32 bits");
    }

    /// <summary>An array of numbers of any type, as 32-bit floats; a single number is an array of one.</summary>
    /// <param name="key">The metadata key.</param>
    /// <returns>A copy of the array, or null where the key is absent.</returns>
    /// <exception cref="ModelFormatException">The value is not made of numbers.</exception>
    public float[]? FindSingleArray(string key)
    {
        if (!Metadata.TryGetValue(key, out GgufValue? value))
            return null;
        return GgufArrays.ToSingle(value) ?? throw Unexpected(key, value, "an array of numbers");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (GgufPart part in _parts)
            part.Dispose();
    }

    private ModelFormatException Missing(string key) => new(Path, key, -1, "the metadata key is missing");

    private ModelFormatException Unexpected(string key, GgufValue value, string expected)
    {
        string found = value.Type switch
        {
            GgufValueType.Array => $"an array of {value.ElementType}",
            GgufValueType.String => "text",
            _ => $"{value.Type} {value}",
        };
        return new ModelFormatException(Path, key, value.Offset, $"{expected} was expected and {found} found");
    }
}
