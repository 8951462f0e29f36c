using System.Numerics;
using System.Text;

namespace Inference.Formats;

/// <summary>Collects metadata and tensors, then writes them as a GGUF file, version 3.</summary>
/// <remarks>
/// Tensors are given as callbacks or memory and are asked for their bytes only when the file is written, one after another, so that a
/// file may be larger than memory. Not safe for use by several threads at once.
/// </remarks>
public sealed class GgufWriter
{
    private readonly OrderedDictionary<string, GgufValue> _metadata = [];
    private readonly OrderedDictionary<string, (GgufTensorEntry Entry, Action<Stream> Write)> _tensors = [];

    /// <summary>Sets a metadata value, replacing one of the same key. <c>general.alignment</c> sets the alignment of tensors.</summary>
    /// <param name="key">The key, by convention lower-case words joined by underscores and dots.</param>
    /// <param name="value">The value: see <see cref="GgufValue.From"/>.</param>
    /// <exception cref="ArgumentException">The key is empty, or the alignment is not a <see cref="uint"/> power of two.</exception>
    public void SetMetadata(string key, GgufValue value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        if (key == GgufHeader.AlignmentKey && !(value.Raw is uint n && BitOperations.IsPow2(n) && n <= int.MaxValue))
            throw new ArgumentException("The alignment must be an unsigned 32-bit power of two.", nameof(value));
        _metadata[key] = value;
    }

    /// <summary>Adds a tensor whose bytes are written by a callback.</summary>
    /// <param name="name">The name: unique, 1 to 63 bytes of UTF-8.</param>
    /// <param name="type">The encoding of the bytes.</param>
    /// <param name="shape">At most 4 dimensions, outermost first; the last one a whole number of the type's blocks.</param>
    /// <param name="write">Writes exactly the tensor's bytes to the stream that it is given.</param>
    /// <exception cref="ArgumentException">The name is taken or too long, or the shape does not suit the type.</exception>
    public void AddTensor(string name, TensorType type, ReadOnlySpan<long> shape, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(write);
        if (!BlockFormat.IsKnown(type))
            throw new ArgumentException($"Type id {(int)type} is not known.", nameof(type));
        if (Encoding.UTF8.GetByteCount(name) > GgufTensorEntry.MaxNameBytes)
            throw new ArgumentException($"'{name}' is longer than {GgufTensorEntry.MaxNameBytes} bytes.", nameof(name));
        if (shape.Length > GgufTensorEntry.MaxDimensions)
            throw new ArgumentException($"'{name}' has more than {GgufTensorEntry.MaxDimensions} dimensions.", nameof(shape));

        long length = GgufTensorEntry.LengthOf(type, shape, out string? problem)
            ?? throw new ArgumentException($"'{name}': {problem}.", nameof(shape));
        if (!_tensors.TryAdd(name, (new GgufTensorEntry(name, type, shape.ToArray(), 0, length), write)))
            throw new ArgumentException($"There is a tensor '{name}' already.", nameof(name));
    }

    /// <summary>Adds a tensor whose bytes are in memory.</summary>
    /// <param name="name">The name: unique, 1 to 63 bytes of UTF-8.</param>
    /// <param name="type">The encoding of the bytes.</param>
    /// <param name="shape">At most 4 dimensions, outermost first; the last one a whole number of the type's blocks.</param>
    /// <param name="data">The bytes; they are not copied, and must stay as they are until the file is written.</param>
    /// <exception cref="ArgumentException">The name is taken or too long, or the shape does not suit type or data.</exception>
    public void AddTensor(string name, TensorType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> data)
    {
        AddTensor(name, type, shape, stream => stream.Write(data.Span));
        long length = _tensors[name].Entry.ByteLength;
        if (length == data.Length)
            return;

        _tensors.Remove(name);
        throw new ArgumentException($"'{name}' takes {length} bytes and was given {data.Length}.", nameof(data));
    }

    /// <summary>Writes the file at once or not at all: into a temporary file beside it, which is then moved into its place.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">A callback wrote fewer or more bytes than its tensor has.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                Write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes the file to a stream, from front to back.</summary>
    /// <param name="stream">A stream that can be written; it need not seek, and is not closed.</param>
    /// <exception cref="InvalidOperationException">A callback wrote fewer or more bytes than its tensor has.</exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        int alignment = _metadata.TryGetValue(GgufHeader.AlignmentKey, out GgufValue? value)
            ? (int)(uint)value.Raw
            : GgufHeader.DefaultAlignment;

        long headerLength = WriteHeader(stream, alignment);
        Pad(stream, headerLength, alignment);
        foreach ((GgufTensorEntry entry, Action<Stream> write) in _tensors.Values)
        {
            using (ExactLengthStream data = new(stream, entry.ByteLength, entry.Name))
            {
                write(data);
                data.RequireAll();
            }

            Pad(stream, entry.ByteLength, alignment);
        }
    }

    /// <summary>Writes everything but padding and tensors' bytes: a description, which <see cref="GgufFile.IsHeaderOnly"/> tells.</summary>
    /// <returns>Its length.</returns>
    internal long WriteHeader(Stream stream, int alignment = GgufHeader.DefaultAlignment)
    {
        GgufEncoder encoder = new(stream);
        encoder.Write(GgufHeader.Magic);
        encoder.Write(3u);
        encoder.Write((long)_tensors.Count);
        encoder.Write((long)_metadata.Count);
        foreach ((string key, GgufValue value) in _metadata)
        {
            encoder.Write(key);
            encoder.Write(value);
        }

        long offset = 0;
        foreach ((GgufTensorEntry entry, _) in _tensors.Values)
        {
            encoder.Write(entry.Name);
            encoder.Write(entry.Shape.Length);
            foreach (long dimension in entry.Shape.Reverse())
                encoder.Write(dimension);
            encoder.Write((uint)entry.Type);
            encoder.Write(offset);
            offset = GgufTensorEntry.Align(checked(offset + entry.ByteLength), alignment);
        }

        return encoder.Written;
    }

    private static void Pad(Stream stream, long length, int alignment)
    {
        long missing = GgufTensorEntry.Align(length, alignment) - length;
        Span<byte> zeros = stackalloc byte[(int)Math.Min(missing, 256)];
        zeros.Clear();
        for (; missing > 0; missing -= Math.Min(missing, 256))
            stream.Write(zeros[..(int)Math.Min(missing, 256)]);
    }
}
