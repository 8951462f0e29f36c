namespace Inference.Formats;

/// <summary>
/// An open GGUF file, version 2 or 3: its metadata, read, and its tensors, mapped. The whole header is checked on opening: what a
/// tensor says of its place and size is true.
/// </summary>
/// <remarks>
/// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. A file that ends where its tensors' data should begin is
/// accepted as a description (<see cref="IsHeaderOnly"/>): its tensors are listed, and asking for their bytes is refused.
/// Reading is safe from any number of threads.
/// </remarks>
public sealed unsafe class GgufFile : ModelFile
{
    private readonly MappedFile _file;
    private readonly GgufHeader _header;
    private readonly OrderedDictionary<string, StoredTensor> _tensors = [];

    private GgufFile(MappedFile file)
    {
        _file = file;
        _header = GgufHeader.Read(file);
        IsHeaderOnly = _header.DataLength > 0 && file.Length <= _header.DataStart;
        long end = _header.DataStart + _header.DataLength;
        if (!IsHeaderOnly && _header.DataLength > 0 && end > file.Length)
        {
            string last = _header.Tensors.Values.First(t => t.ByteLength > 0 && EndOf(t) > file.Length).Name;
            throw new ModelFormatException(
                file.Path, last, file.Length, $"the file ends before the tensors' data, which takes {end} bytes");
        }

        foreach (GgufTensorEntry entry in _header.Tensors.Values)
            _tensors.Add(entry.Name, Store(entry));
    }

    /// <inheritdoc/>
    public override string Path => _file.Path;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

    /// <inheritdoc/>
    public override long ByteLength => _file.Length;

    /// <summary>The version of the format: 2 or 3.</summary>
    public uint Version => _header.Version;

    /// <summary>What the tensors' places in the file are multiples of, in bytes.</summary>
    public int Alignment => _header.Alignment;

    /// <summary>Whether the file ends before the data of its tensors.</summary>
    public bool IsHeaderOnly { get; }

    /// <summary>Every metadata value by its key, in file order when enumerated.</summary>
    public IReadOnlyDictionary<string, GgufValue> Metadata => _header.Metadata;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFormatException">The file is malformed, or uses what this library does not support.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static new GgufFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MappedFile file = MappedFile.Open(path);
        try
        {
            return new GgufFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

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
        if (disposing)
            _file.Dispose();
    }

    private long EndOf(GgufTensorEntry entry) => GgufTensorEntry.Align(_header.DataStart + entry.Offset + entry.ByteLength, Alignment);

    private StoredTensor Store(GgufTensorEntry entry)
    {
        // An empty tensor may lie, formally, beyond the end.
        if (entry.ByteLength == 0)
            return new StoredTensor(entry.Name, entry.Type, entry.Shape, 0, 0);
        return IsHeaderOnly
            ? StoredTensor.WithoutData(entry.Name, entry.Type, entry.Shape, entry.ByteLength, Path)
            : new StoredTensor(entry.Name, entry.Type, entry.Shape, (nint)_file.At(_header.DataStart + entry.Offset), entry.ByteLength)
            {
                Mapping = (_file, _header.DataStart + entry.Offset),
            };
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
