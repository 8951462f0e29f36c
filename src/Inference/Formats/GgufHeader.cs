using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Inference.Formats;

/// <summary>Everything in a GGUF file but the tensors' bytes.</summary>
/// <remarks>
/// Source: the GGUF specification, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Stricter than it in three ways that
/// llama.cpp shares: names are unique, tensors lie one after another in the order of the header, and arrays do not nest.
/// </remarks>
internal sealed class GgufHeader
{
    public const uint Magic = 0x46554747;
    public const int DefaultAlignment = 32;
    public const string AlignmentKey = "general.alignment";

    // A key's length and at least one byte, a type, and at least one byte of value.
    private const int LeastMetadataBytes = 8 + 1 + 4 + 1;

    // A name's length, the number of dimensions, a type and an offset.
    private const int LeastTensorBytes = 8 + 4 + 4 + 8;

    private const int LongestKey = 65535;

    private readonly OrderedDictionary<string, GgufValue> _metadata = [];
    private readonly OrderedDictionary<string, GgufTensorEntry> _tensors = [];

    public uint Version { get; private set; }

    public int Alignment { get; private set; } = DefaultAlignment;

    public IReadOnlyDictionary<string, GgufValue> Metadata => _metadata;

    public IReadOnlyDictionary<string, GgufTensorEntry> Tensors => _tensors;

    /// <summary>Offset of the data section in the file.</summary>
    public long DataStart { get; private set; }

    /// <summary>Length of the data section, with the padding after each tensor.</summary>
    public long DataLength { get; private set; }

    /// <summary>Reads and checks a header.</summary>
    /// <exception cref="ModelFormatException">The header is malformed or uses what is not supported.</exception>
    public static GgufHeader Read(MappedFile file)
    {
        GgufHeader header = new();
        GgufReader reader = new(file);
        header.ReadVersion(reader);
        long tensors = reader.ReadCount(null, "the number of tensors", LeastTensorBytes);
        long values = reader.ReadCount(null, "the number of metadata values", LeastMetadataBytes);
        for (long i = 0; i < values; i++)
            header.ReadMetadata(reader);
        header.SetAlignment(reader);
        for (long i = 0; i < tensors; i++)
            header.ReadTensor(reader);

        // Padding may be missing where nothing follows it.
        header.DataStart = GgufTensorEntry.Align(reader.Position, header.Alignment);
        return header;
    }

    private void ReadVersion(GgufReader reader)
    {
        if (reader.Read<uint>(null, "the magic number") != Magic)
            throw reader.Malformed("magic", 0, "this is not a GGUF file");
        Version = reader.Read<uint>(null, "the version");
        if (Version is 2 or 3)
            return;

        bool swapped = BinaryPrimitives.ReverseEndianness(Version) is > 0 and < 0x10000;
        throw reader.Malformed("version", 4, swapped
            ? "the file is big-endian, and only little-endian files are supported"
            : $"GGUF version {Version} is not supported, only 2 and 3");
    }

    private void ReadMetadata(GgufReader reader)
    {
        long start = reader.Position;
        string key = reader.ReadName("a metadata key");
        if (key.Length == 0)
            throw reader.Malformed(null, start, "a metadata key is empty");
        if (key.Length > LongestKey)
            throw reader.Malformed(null, start, $"a metadata key is longer than {LongestKey} bytes");
        if (!_metadata.TryAdd(key, reader.ReadValue(key)))
            throw reader.Malformed(key, start, "the metadata key occurs twice");
    }

    private void SetAlignment(GgufReader reader)
    {
        if (!_metadata.TryGetValue(AlignmentKey, out GgufValue? value))
            return;
        if (value.Raw is not uint alignment)
            throw reader.Malformed(AlignmentKey, value.Offset, $"the alignment must be of type UInt32 and is {value.Type}");
        if (!BitOperations.IsPow2(alignment) || alignment > int.MaxValue)
            throw reader.Malformed(AlignmentKey, value.Offset, $"the alignment must be a power of two and is {alignment}");
        Alignment = (int)alignment;
    }

    private void ReadTensor(GgufReader reader)
    {
        long start = reader.Position;
        string name = reader.ReadName("a tensor name");
        if (Encoding.UTF8.GetByteCount(name) > GgufTensorEntry.MaxNameBytes)
            throw reader.Malformed(null, start, $"a tensor name is longer than {GgufTensorEntry.MaxNameBytes} bytes");

        long place = reader.Position;
        uint dimensions = reader.Read<uint>(name, "the number of dimensions");
        if (dimensions > GgufTensorEntry.MaxDimensions)
            throw reader.Malformed(name, place, $"the tensor has {dimensions} dimensions; at most {GgufTensorEntry.MaxDimensions} are allowed");

        long shapePlace = reader.Position;
        long[] shape = new long[dimensions];
        for (int i = shape.Length - 1; i >= 0; i--)
            shape[i] = reader.Read<long>(name, "the shape");

        place = reader.Position;
        uint id = reader.Read<uint>(name, "the type");
        TensorType type = (TensorType)id;
        if (!BlockFormat.IsKnown(type))
            throw reader.Malformed(name, place, $"the tensor has {UnsupportedTensorTypes.Describe(id)}, which is not supported");

        long length = GgufTensorEntry.LengthOf(type, shape, out string? problem)
            ?? throw reader.Malformed(name, shapePlace, problem!);

        place = reader.Position;
        ulong offset = reader.Read<ulong>(name, "the offset");
        if (offset != (ulong)DataLength)
            throw reader.Malformed(name, place, $"the tensor's offset is {offset}, and the tensors before it end at {DataLength}");
        if (length > long.MaxValue - DataLength - reader.FileLength - 2L * Alignment)
            throw reader.Malformed(name, shapePlace, "the tensors are too large together");
        if (!_tensors.TryAdd(name, new GgufTensorEntry(name, type, shape, DataLength, length)))
            throw reader.Malformed(name, start, "the tensor name occurs twice");
        DataLength = GgufTensorEntry.Align(DataLength + length, Alignment);
    }
}
