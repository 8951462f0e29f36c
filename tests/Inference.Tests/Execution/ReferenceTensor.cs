using Inference.Execution;

namespace Inference.Tests.Execution;

/// <summary>Activations of the <see cref="ReferenceDevice"/>, in double.</summary>
internal sealed class ReferenceTensor(int capacity, int columns) : DeviceTensor(capacity, columns)
{
    private readonly double[] _values = new double[capacity * columns];

    public Span<double> Row(int row) => _values.AsSpan(row * Columns, Columns);

    protected override void Dispose(bool disposing)
    {
    }
}
