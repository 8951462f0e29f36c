namespace Inference.Formats;

/// <summary>A tensor as a model file holds it: a name, a shape, an encoding and the bytes, in the mapped file.</summary>
/// <remarks>
/// The bytes stay where they are: nothing is copied. They are valid until the owning <see cref="ModelFile"/> is disposed.
/// Instances are immutable and safe to share between threads.
/// </remarks>
public sealed unsafe class StoredTensor
{
    private readonly byte* _data;
    private readonly string? _fileWithoutData;

    /// <summary>Describes a tensor whose bytes the caller keeps alive.</summary>
    /// <param name="name">The name in the model file.</param>
    /// <param name="type">The encoding.</param>
    /// <param name="shape">Dimensions, outermost first; the last one is contiguous.</param>
    /// <param name="data">Address of the first byte.</param>
    /// <param name="byteLength">Length of the data in bytes.</param>
    public StoredTensor(string name, TensorType type, long[] shape, nint data, long byteLength)
    {
        Name = name;
        Type = type;
        Shape = shape;
        ByteLength = byteLength;
        _data = (byte*)data;
    }

    private StoredTensor(string name, TensorType type, long[] shape, long byteLength, string fileWithoutData)
        : this(name, type, shape, 0, byteLength)
    {
        _fileWithoutData = fileWithoutData;
    }

    /// <summary>The name in the model file.</summary>
    public string Name { get; }

    /// <summary>The encoding.</summary>
    public TensorType Type { get; }

    /// <summary>Dimensions, outermost first: a weight matrix is [output features, input features].</summary>
    public long[] Shape { get; }

    /// <summary>Length of the data in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Address of the first byte.</summary>
    /// <exception cref="ModelFormatException">The file describes the tensor and ends before its data.</exception>
    public nint Address => (nint)Data;

    /// <summary>Number of elements: the product of <see cref="Shape"/>.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, n) => product * n);

    /// <summary>Length of the contiguous dimension, 1 for a scalar.</summary>
    public long Columns => Shape.Length == 0 ? 1 : Shape[^1];

    /// <summary>Number of rows of <see cref="Columns"/> elements.</summary>
    public long Rows => Columns == 0 ? 0 : ElementCount / Columns;

    /// <summary>The file behind the bytes and where in it they begin, where they are a file's.</summary>
    internal (MappedFile File, long Offset)? Mapping { get; init; }

    /// <summary>What keeps the bytes alive where they are no file's.</summary>
    internal object? Owner { get; init; }

    /// <summary>A part of the tensor, as a tensor of its own; nothing is copied.</summary>
    /// <param name="first">First of the rows, counted over all outer dimensions.</param>
    /// <param name="shape">Its dimensions, outermost first; the last one is this tensor's.</param>
    internal StoredTensor Slice(long first, params long[] shape)
    {
        long rows = 1;
        foreach (long length in shape.AsSpan(0, shape.Length - 1))
            rows *= length;
        if (shape[^1] != Columns || first < 0 || rows < 1 || first + rows > Rows)
            throw new ArgumentOutOfRangeException(nameof(shape), $"Rows {first} to {first + rows - 1} of {Rows}.");
        long stride = ByteLength / Rows;
        if (_fileWithoutData is not null)
            return WithoutData(Name, Type, shape, rows * stride, _fileWithoutData);
        return new StoredTensor(Name, Type, shape, (nint)(_data + first * stride), rows * stride)
        {
            Mapping = Mapping is { } mapping ? (mapping.File, mapping.Offset + first * stride) : null,
            Owner = Owner,
        };
    }

    /// <summary>
    /// Says that the bytes will not be read for long: those of a mapped file leave the process's memory, and reading them again is
    /// slower but gives the same. A device that has made its own copy calls this, so that a model is in memory once.
    /// </summary>
    public void ReleasePages() => ReleasePages(0, ByteLength);

    /// <summary>Lets go of a part of the bytes.</summary>
    internal void ReleasePages(long start, long length) => Mapping?.File.Release(Mapping.Value.Offset + start, length);

    /// <summary>Brings a part of the bytes into memory at once, which is faster than page by page as they are read.</summary>
    internal void FetchPages(long start, long length) => Mapping?.File.Fetch(Mapping.Value.Offset + start, length);

    /// <summary>The bytes of one row.</summary>
    /// <param name="row">Row index, 0 to <see cref="Rows"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="ModelFormatException">The file describes the tensor and ends before its data.</exception>
    public ReadOnlySpan<byte> Row(long row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        long stride = ByteLength / Rows;
        return new ReadOnlySpan<byte>(Data + row * stride, checked((int)stride));
    }

    private byte* Data => _fileWithoutData is null
        ? _data
        : throw new ModelFormatException(_fileWithoutData, Name, -1, "the file ends before the tensor's data");

    /// <summary>A tensor of which the file holds no more than the description.</summary>
    internal static StoredTensor WithoutData(string name, TensorType type, long[] shape, long byteLength, string path) =>
        new(name, type, shape, byteLength, path);
}
