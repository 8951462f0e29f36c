using System.Buffers.Binary;
using System.Text.Json;

namespace Inference.Formats;

/// <summary>The header of a safetensors file: the length of a JSON object, then the object, then the tensors' bytes.</summary>
/// <remarks>
/// Source: https://huggingface.co/docs/safetensors. As it demands, names are unique, and the tensors fill the rest of the file without
/// gap or overlap. The JSON is read in one pass without building a tree.
/// </remarks>
internal sealed class SafetensorsHeader
{
    private const int LongestHeader = 100_000_000;
    private const int MostDimensions = 32;
    private const int LengthBytes = sizeof(ulong);

    private readonly MappedFile _file;
    private readonly OrderedDictionary<string, SafetensorsEntry> _tensors = [];
    private readonly OrderedDictionary<string, string> _metadata = [];
    private readonly long _dataStart;

    private SafetensorsHeader(MappedFile file, long dataStart)
    {
        _file = file;
        _dataStart = dataStart;
    }

    public IReadOnlyDictionary<string, SafetensorsEntry> Tensors => _tensors;

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads and checks a header.</summary>
    /// <exception cref="ModelFormatException">The header is malformed or uses what is not supported.</exception>
    public static SafetensorsHeader Read(MappedFile file)
    {
        if (file.Length < LengthBytes)
            throw new ModelFormatException(file.Path, null, file.Length, "the file ends before the length of its header");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Span(0, LengthBytes));
        if (length > (ulong)(file.Length - LengthBytes))
            throw new ModelFormatException(file.Path, null, 0, $"the header's length is {length}, more than the file holds");
        if (length > LongestHeader)
            throw new ModelFormatException(file.Path, null, 0, $"the header's length is {length}, more than {LongestHeader}");

        SafetensorsHeader header = new(file, LengthBytes + (long)length);
        Utf8JsonReader reader = new(file.Span(LengthBytes, (int)length), new JsonReaderOptions { MaxDepth = 4 });
        try
        {
            header.ReadObject(ref reader);
        }
        catch (JsonException cause)
        {
            throw new ModelFormatException(
                file.Path, null, LengthBytes + reader.BytesConsumed, "the header is not valid JSON of the expected depth", cause);
        }

        header.CheckPlaces();
        return header;
    }

    private void ReadObject(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, null);
        while (ReadProperty(ref reader, null) is { } name)
        {
            if (name == "__metadata__")
                ReadMetadata(ref reader);
            else
                ReadTensor(ref reader, name);
        }

        // The reader itself refuses anything but white space behind the object.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "__metadata__");
        while (ReadProperty(ref reader, "__metadata__") is { } key)
        {
            Expect(ref reader, JsonTokenType.String, key);
            if (!_metadata.TryAdd(key, Text(ref reader, key)))
                throw Malformed(ref reader, key, "the metadata key occurs twice");
        }
    }

    private void ReadTensor(ref Utf8JsonReader reader, string name)
    {
        long start = LengthBytes + reader.TokenStartIndex;
        TensorType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, name);
        while (ReadProperty(ref reader, name) is { } property)
        {
            switch (property)
            {
                case "dtype" when type is null:
                    type = ReadType(ref reader, name);
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, name);
                    break;
                default:
                    throw Malformed(ref reader, name, $"'{property}' is not known or occurs twice");
            }
        }

        if (type is null || shape is null || offsets is not { Length: 2 })
            throw new ModelFormatException(_file.Path, name, start, "the tensor needs dtype, shape and two data_offsets");
        long length = GgufTensorEntry.LengthOf(type.Value, shape, out string? problem)
            ?? throw new ModelFormatException(_file.Path, name, start, problem!);
        if (offsets[0] > offsets[1] || offsets[1] > _file.Length - _dataStart)
        {
            throw new ModelFormatException(
                _file.Path, name, start, $"data_offsets [{offsets[0]}, {offsets[1]}] are not within the file's {_file.Length - _dataStart} bytes of data");
        }

        if (offsets[1] - offsets[0] != length)
        {
            throw new ModelFormatException(
                _file.Path, name, start, $"data_offsets span {offsets[1] - offsets[0]} bytes, and {type} [{string.Join(", ", shape)}] takes {length}");
        }

        if (!_tensors.TryAdd(name, new SafetensorsEntry(name, type.Value, shape, _dataStart + offsets[0], length)))
            throw new ModelFormatException(_file.Path, name, start, "the tensor name occurs twice");
    }

    private TensorType ReadType(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.String, name);
        string dtype = Text(ref reader, name);
        return dtype switch
        {
            "F32" => TensorType.F32,
            "F16" => TensorType.F16,
            "BF16" => TensorType.BF16,
            "F64" => TensorType.F64,
            // Bytes of either kind: nothing computes with them, but blocks of codes come as U8.
            "I8" or "U8" => TensorType.I8,
            "I16" => TensorType.I16,
            "I32" => TensorType.I32,
            "I64" => TensorType.I64,
            _ => throw Malformed(ref reader, name, $"dtype {dtype} is not supported"),
        };
    }

    private long[] ReadNumbers(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.StartArray, name);
        List<long> numbers = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw Malformed(ref reader, name, "a number of 0 to 2^63 - 1 was expected");
            if (numbers.Count == MostDimensions)
                throw Malformed(ref reader, name, $"more than {MostDimensions} numbers are too many");
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private string? ReadProperty(ref Utf8JsonReader reader, string? field)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.EndObject ? null : Text(ref reader, field);
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string? field)
    {
        if (!reader.Read() || reader.TokenType != type)
            throw Malformed(ref reader, field, $"{type} was expected");
    }

    private string Text(ref Utf8JsonReader reader, string? field)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException cause)
        {
            throw new ModelFormatException(
                _file.Path, field, LengthBytes + reader.TokenStartIndex, "the text is not valid UTF-8 or UTF-16", cause);
        }
    }

    private void CheckPlaces()
    {
        long end = _dataStart;
        foreach (SafetensorsEntry entry in _tensors.Values.OrderBy(e => e.Start).ThenBy(e => e.ByteLength))
        {
            if (entry.Start != end)
            {
                string problem = entry.Start < end ? "overlaps another" : "leaves a gap before it";
                throw new ModelFormatException(_file.Path, entry.Name, entry.Start, $"the tensor's data {problem}");
            }

            end += entry.ByteLength;
        }

        if (end != _file.Length)
            throw new ModelFormatException(_file.Path, null, end, "the file goes on after the last tensor");
    }

    private ModelFormatException Malformed(ref Utf8JsonReader reader, string? field, string problem) =>
        new(_file.Path, field, LengthBytes + reader.TokenStartIndex, problem);
}
