using Inference.Execution;
using Inference.Formats;

namespace Inference.Tests.Execution;

/// <summary>A weight of the <see cref="ReferenceDevice"/>: its dequantised values.</summary>
internal sealed class ReferenceWeight : DeviceWeight
{
    private readonly float[] _values;

    public ReferenceWeight(StoredTensor tensor, WeightUse use)
        : base(
            use == WeightUse.Vector ? 1 : checked((int)tensor.Rows),
            checked((int)(use == WeightUse.Vector ? tensor.ElementCount : tensor.Columns)))
    {
        if (!BlockFormat.IsComputable(tensor.Type))
            throw new NotSupportedException($"'{tensor.Name}' is {tensor.Type}.");
        _values = new float[tensor.ElementCount];
        int columns = checked((int)tensor.Columns);
        for (int row = 0; row < tensor.Rows; row++)
            BlockFormat.Dequantize(tensor.Type, tensor.Row(row), _values.AsSpan(row * columns, columns));
    }

    public override long ByteLength => _values.Length * sizeof(float);

    public ReadOnlySpan<float> Row(int row) => _values.AsSpan(row * Columns, Columns);

    protected override void Dispose(bool disposing)
    {
    }
}
