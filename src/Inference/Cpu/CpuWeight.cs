using Inference.Cpu.Linear;
using Inference.Execution;
using Inference.Formats;

namespace Inference.Cpu;

/// <summary>A weight in the layouts that its uses need: floats, a packed matrix, or the mapped bytes themselves.</summary>
internal sealed unsafe class CpuWeight : DeviceWeight
{
    private readonly NativeBuffer? _vector;
    private PackedMatrix? _streamed;

    /// <summary>Lays a weight out, but for the matrix, which takes long and is packed later with others.</summary>
    /// <exception cref="NotSupportedException">The type cannot be computed with, or the shape is too large.</exception>
    public CpuWeight(StoredTensor tensor, WeightUse use)
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
            PackedMatrix.CheckedLayout(tensor);
            Unpacked = tensor;
        }
    }

    /// <summary>The elements as floats; null without <see cref="WeightUse.Vector"/>.</summary>
    public float* Vector => _vector is null ? null : (float*)_vector.Data;

    /// <summary>The stored matrix that is still to be packed, with <see cref="WeightUse.Linear"/>.</summary>
    public StoredTensor? Unpacked { get; private set; }

    /// <summary>The packed matrix, with <see cref="WeightUse.Linear"/>; null until it is packed.</summary>
    public PackedMatrix? Matrix { get; private set; }

    /// <summary>The step that has computed with the stored matrix; null for none.</summary>
    public long? StreamedStep { get; private set; }

    /// <summary>The stored rows, with <see cref="WeightUse.Embedding"/>.</summary>
    public StoredTensor? Table { get; }

    /// <inheritdoc/>
    public override long ByteLength => (long)(_vector?.ByteLength ?? 0) + (Matrix?.ByteLength ?? 0);

    /// <inheritdoc/>
    public override long PendingBytes => Unpacked?.ByteLength ?? 0;

    /// <summary>The matrix as it is stored, for the first step that needs it; null for a later one, and where it must be packed first.</summary>
    /// <param name="step">The number of the step.</param>
    /// <param name="kernels">What will compute with it.</param>
    public PackedMatrix? Stream(long step, KernelWidth kernels)
    {
        if (StreamedStep is null && Unpacked is not null)
            (StreamedStep, _streamed) = (step, PackedMatrix.TryStream(Unpacked, kernels));
        return StreamedStep == step ? _streamed : null;
    }

    /// <summary>Packs the matrices of some weights, all as one piece of work; those that are packed already stay.</summary>
    /// <param name="weights">The weights, without repetition.</param>
    /// <param name="team">Packs.</param>
    /// <param name="kernels">What will compute with them.</param>
    /// <param name="packed">Told how many more stored bytes are packed; null for nobody.</param>
    /// <param name="cancellation">Gives up; the weights are then as they were.</param>
    public static void Pack(IEnumerable<CpuWeight> weights, ThreadTeam team, KernelWidth kernels, Action<long>? packed, CancellationToken cancellation)
    {
        CpuWeight[] unpacked = [.. weights.Where(weight => weight.Unpacked is not null)];
        PackedMatrix[] matrices = PackedMatrix.Pack([.. unpacked.Select(weight => weight.Unpacked!)], team, kernels, packed, cancellation);
        for (int i = 0; i < unpacked.Length; i++)
        {
            unpacked[i].Unpacked!.ReleasePages();
            unpacked[i].Unpacked = null;
            unpacked[i].Matrix = matrices[i];
            unpacked[i]._streamed?.Dispose();
            unpacked[i]._streamed = null;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Unpacked = null;
        _streamed?.Dispose();
        _streamed = null;
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
