namespace Inference.Formats;

/// <summary>One file of a GGUF model, mapped, with its header read and its tensors' places checked.</summary>
internal sealed unsafe class GgufPart : IDisposable
{
    private readonly MappedFile _file;

    private GgufPart(MappedFile file)
    {
        _file = file;
        Header = GgufHeader.Read(file);
        IsHeaderOnly = Header.DataLength > 0 && file.Length <= Header.DataStart;
        long end = Header.DataStart + Header.DataLength;
        if (!IsHeaderOnly && Header.DataLength > 0 && end > file.Length)
        {
            string last = Header.Tensors.Values.First(t => t.ByteLength > 0 && EndOf(t) > file.Length).Name;
            throw new ModelFormatException(
                file.Path, last, file.Length, $"the file ends before the tensors' data, which takes {end} bytes");
        }
    }

    public string Path => _file.Path;

    public long ByteLength => _file.Length;

    public GgufHeader Header { get; }

    /// <summary>Whether the file ends before the data of its tensors.</summary>
    public bool IsHeaderOnly { get; }

    public static GgufPart Open(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            return new GgufPart(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public StoredTensor Store(GgufTensorEntry entry)
    {
        // An empty tensor may lie, formally, beyond the end.
        if (entry.ByteLength == 0)
            return new StoredTensor(entry.Name, entry.Type, entry.Shape, 0, 0);
        return IsHeaderOnly
            ? StoredTensor.WithoutData(entry.Name, entry.Type, entry.Shape, entry.ByteLength, Path)
            : new StoredTensor(entry.Name, entry.Type, entry.Shape, (nint)_file.At(Header.DataStart + entry.Offset), entry.ByteLength)
            {
                Mapping = (_file, Header.DataStart + entry.Offset),
            };
    }

    public void Dispose() => _file.Dispose();

    private long EndOf(GgufTensorEntry entry) => GgufTensorEntry.Align(Header.DataStart + entry.Offset + entry.ByteLength, Header.Alignment);
}
