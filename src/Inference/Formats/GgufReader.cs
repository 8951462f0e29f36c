using System.Runtime.CompilerServices;
using System.Text;

namespace Inference.Formats;

/// <summary>
/// Reads the header of a mapped GGUF file from front to back. Nothing is allocated by a length or a count before the file is known to
/// have room for it.
/// </summary>
internal sealed unsafe class GgufReader(MappedFile file)
{
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public long Position { get; private set; }

    public long FileLength => file.Length;

    public long Remaining => file.Length - Position;

    public ModelFormatException Malformed(string? field, long offset, string problem) => new(file.Path, field, offset, problem);

    public T Read<T>(string? field, string what)
        where T : unmanaged
    {
        if (Remaining < sizeof(T))
            throw Malformed(field, Position, $"the file ends before {what}");
        T value = Unsafe.ReadUnaligned<T>(file.At(Position));
        Position += sizeof(T);
        return value;
    }

    /// <summary>Reads a count of things of which each takes at least some bytes of the file.</summary>
    public long ReadCount(string? field, string what, int leastBytes)
    {
        long start = Position;
        ulong count = Read<ulong>(field, what);
        if (count > (ulong)(Remaining / leastBytes))
            throw Malformed(field, start, $"{what} is {count}, more than the rest of the file can hold");
        return (long)count;
    }

    /// <summary>Reads the name of a key or tensor: text that must be valid UTF-8, so that equal text is equal bytes.</summary>
    public string ReadName(string what)
    {
        long start = Position;
        ReadOnlySpan<byte> bytes = ReadBytes(null, what);
        try
        {
            return _strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException cause)
        {
            throw new ModelFormatException(file.Path, null, start, $"{what} is not valid UTF-8", cause);
        }
    }

    public GgufValue ReadValue(string key)
    {
        long start = Position;
        GgufValueType type = ReadType(key, "the type of the value");
        if (type != GgufValueType.Array)
            return new GgufValue(type, type, ReadScalar(key, type), start);

        long elementStart = Position;
        GgufValueType elementType = ReadType(key, "the type of the array");
        if (elementType == GgufValueType.Array)
            throw Malformed(key, elementStart, "arrays of arrays are not supported");
        return new GgufValue(type, elementType, ReadArray(key, elementType), start);
    }

    private GgufValueType ReadType(string key, string what)
    {
        long start = Position;
        uint id = Read<uint>(key, what);
        return id <= (uint)GgufValueType.Float64
            ? (GgufValueType)id
            : throw Malformed(key, start, $"{what} is {id}, which is not known");
    }

    private object ReadScalar(string key, GgufValueType type) => type switch
    {
        GgufValueType.UInt8 => Read<byte>(key, "the value"),
        GgufValueType.Int8 => Read<sbyte>(key, "the value"),
        GgufValueType.UInt16 => Read<ushort>(key, "the value"),
        GgufValueType.Int16 => Read<short>(key, "the value"),
        GgufValueType.UInt32 => Read<uint>(key, "the value"),
        GgufValueType.Int32 => Read<int>(key, "the value"),
        GgufValueType.UInt64 => Read<ulong>(key, "the value"),
        GgufValueType.Int64 => Read<long>(key, "the value"),
        GgufValueType.Float32 => Read<float>(key, "the value"),
        GgufValueType.Float64 => Read<double>(key, "the value"),
        GgufValueType.Bool => Read<byte>(key, "the value") != 0,
        _ => ReadBytes(key, "the text").ToArray(),
    };

    private object ReadArray(string key, GgufValueType elementType) => elementType switch
    {
        GgufValueType.UInt8 => ReadNumbers<byte>(key),
        GgufValueType.Int8 => ReadNumbers<sbyte>(key),
        GgufValueType.UInt16 => ReadNumbers<ushort>(key),
        GgufValueType.Int16 => ReadNumbers<short>(key),
        GgufValueType.UInt32 => ReadNumbers<uint>(key),
        GgufValueType.Int32 => ReadNumbers<int>(key),
        GgufValueType.UInt64 => ReadNumbers<ulong>(key),
        GgufValueType.Int64 => ReadNumbers<long>(key),
        GgufValueType.Float32 => ReadNumbers<float>(key),
        GgufValueType.Float64 => ReadNumbers<double>(key),
        GgufValueType.Bool => Array.ConvertAll(ReadNumbers<byte>(key), b => b != 0),
        _ => ReadStrings(key),
    };

    private T[] ReadNumbers<T>(string key)
        where T : unmanaged
    {
        int count = ReadLength(key, sizeof(T));
        T[] numbers = new T[count];
        long bytes = (long)count * sizeof(T);
        fixed (T* target = numbers)
            Buffer.MemoryCopy(file.At(Position), target, bytes, bytes);
        Position += bytes;
        return numbers;
    }

    private GgufStrings ReadStrings(string key)
    {
        int count = ReadLength(key, sizeof(ulong));
        long start = Position;
        int[] ends = new int[count];
        long total = 0;
        // Vocabularies have hundreds of thousands of strings: read where they lie, with errors told by the careful way of reading.
        byte* data = file.At(start);
        long room = Remaining;
        long place = 0;
        for (int i = 0; i < count; i++)
        {
            ulong length = room - place >= sizeof(ulong) ? Unsafe.ReadUnaligned<ulong>(data + place) : ulong.MaxValue;
            if (length > (ulong)(room - place - sizeof(ulong)) || length > (ulong)Array.MaxLength)
            {
                Position = start + place;
                ReadBytes(key, "a string of the array");
            }

            place += sizeof(ulong) + (long)length;
            total += (long)length;
            if (total > Array.MaxLength)
                throw Malformed(key, start, "the strings of the array are longer than 2 GiB together");
            ends[i] = (int)total;
        }

        byte[] utf8 = new byte[total];
        int from = 0;
        byte* source = data;
        foreach (int end in ends)
        {
            source += sizeof(ulong);
            new ReadOnlySpan<byte>(source, end - from).CopyTo(utf8.AsSpan(from));
            source += end - from;
            from = end;
        }

        Position = start + place;
        return new GgufStrings(utf8, ends);
    }

    private int ReadLength(string key, int leastBytes)
    {
        long start = Position;
        long count = ReadCount(key, "the length of the array", leastBytes);
        return count <= Array.MaxLength ? (int)count : throw Malformed(key, start, $"an array of {count} elements is too long");
    }

    private ReadOnlySpan<byte> ReadBytes(string? field, string what)
    {
        long start = Position;
        ulong length = Read<ulong>(field, what);
        if (length > (ulong)Remaining || length > (ulong)Array.MaxLength)
            throw Malformed(field, start, $"the length of {what} is {length}, more than the rest of the file can hold");
        ReadOnlySpan<byte> bytes = file.Span(Position, (int)length);
        Position += (long)length;
        return bytes;
    }
}
