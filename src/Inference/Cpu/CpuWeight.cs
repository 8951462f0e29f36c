using Inference.Cpu.Linear;
using Inference.Execution;
using Inference.Formats;

namespace Inference.Cpu;

/// <summary>A weight in the layouts that its uses need: floats, a packed matrix, or the mapped bytes themselves.</summary>
internal sealed unsafe class CpuWeight : DeviceWeight
{
    private readonly NativeBuffer? _vector;

    /// <summary>Lays a weight out.</summary>
    /// <exception cref="NotSupportedException">The type cannot be computed with, or the shape is too large.</exception>
    public CpuWeight(StoredTensor tensor, WeightUse use, ThreadTeam team, KernelWidth kernels = KernelWidth.Widest)
        : base(RowsOf(tensor, use), ColumnsOf(tensor, use))
    {
        if (!BlockFormat.IsComputable(tensor.Type))
            throw new NotSupportedException($"Tensor '{tensor.Name}': the CPU device does not compute with {tensor.Type}.");

        if (tensor.Columns % BlockFormat.BlockSize(tensor.Type) != 0 || tensor.ByteLength < BlockFormat.ByteLength(tensor.Type, tensor.ElementCount))
            throw new NotSupportedException($"Tensor '{tensor.Name}': rows of {tensor.Columns} elements are not whole blocks of {tensor.Type}, or bytes are missing.");

        if (use.HasFlag(WeightUse.Embedding))
            Table = tensor;
        if (use.HasFlag(WeightUse.Vector))
        {
            _vector = new NativeBuffer((nuint)tensor.ElementCount * sizeof(float));
            BlockFormat.Dequantize(
                tensor.Type,
                new ReadOnlySpan<byte>((void*)tensor.Address, checked((int)tensor.ByteLength)),
                new Span<float>(_vector.Data, (int)tensor.ElementCount));
        }

        if (use.HasFlag(WeightUse.Linear))
        {
            Matrix = PackedMatrix.Pack(tensor, team, kernels);
            tensor.ReleasePages();
        }
    }

    /// <summary>The elements as floats; null without <see cref="WeightUse.Vector"/>.</summary>
    public float* Vector => _vector is null ? null : (float*)_vector.Data;

    /// <summary>The packed matrix, with <see cref="WeightUse.Linear"/>.</summary>
    public PackedMatrix? Matrix { get; }

    /// <summary>The stored rows, with <see cref="WeightUse.Embedding"/>.</summary>
    public StoredTensor? Table { get; }

    /// <inheritdoc/>
    public override long ByteLength => (long)(_vector?.ByteLength ?? 0) + (Matrix?.ByteLength ?? 0);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _vector?.Dispose();
        Matrix?.Dispose();
    }

    private static int RowsOf(StoredTensor tensor, WeightUse use) => use == WeightUse.Vector ? 1 : Size(tensor, tensor.Rows);

    private static int ColumnsOf(StoredTensor tensor, WeightUse use) =>
        Size(tensor, use == WeightUse.Vector ? tensor.ElementCount : tensor.Columns);

    private static int Size(StoredTensor tensor, long length) => length is > 0 and <= int.MaxValue
        ? (int)length
        : throw new NotSupportedException($"Tensor '{tensor.Name}' of shape [{string.Join(", ", tensor.Shape)}] is empty or too large.");
}
