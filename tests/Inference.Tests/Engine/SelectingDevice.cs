using Inference.Execution;
using Inference.Tests.Execution;

namespace Inference.Tests.Engine;

/// <summary>A device in front of one that selects nothing, which selects as a card does and counts what is left to the host.</summary>
internal sealed class SelectingDevice(Device inner) : DelegatingDevice(inner)
{
    private readonly Random _random = new(1);
    private PlainSelection[] _selected = [];
    private int _count;
    private int _rowsRead;

    /// <summary>The most that it offers.</summary>
    public int Most { get; init; } = 256;

    /// <summary>By how much of themselves its sums are wrong, at most.</summary>
    public double Error { get; init; } = 1e-5;

    /// <summary>Called with the counts that were read; may change them.</summary>
    public Action<Span<int>>? OnReadTop { get; set; }

    /// <summary>Rows selected from.</summary>
    public int RowsSelected { get; private set; }

    /// <summary>Rows that the host has read.</summary>
    public int RowsRead => _rowsRead;

    public override int MostSelected => Most;

    public override void SelectTop(DeviceTensor logits, int count, ReadOnlySpan<float> temperatures)
    {
        Assert.InRange(count, 1, Most);
        Assert.Equal(logits.Rows, temperatures.Length);
        _count = count;
        _selected = new PlainSelection[logits.Rows];
        for (int row = 0; row < logits.Rows; row++)
            _selected[row] = PlainSelection.Of(base.ReadRow(logits, row), count, temperatures[row]);
        RowsSelected += logits.Rows;
    }

    public override void ReadTop(Span<int> counts, Span<float> sums, Span<float> values, Span<int> tokens)
    {
        // A card leaves there what was there before.
        values.Fill(float.NaN);
        tokens.Fill(-1);
        for (int row = 0; row < _selected.Length; row++)
        {
            PlainSelection selection = _selected[row];
            selection = selection with { Sum = selection.Sum * (1 + (Error * ((2 * _random.NextDouble()) - 1))) };
            selection.CopyTo(row, _count, counts, sums, values, tokens);
        }

        OnReadTop?.Invoke(counts);
    }

    public override ReadOnlySpan<float> ReadRow(DeviceTensor tensor, int row)
    {
        Interlocked.Increment(ref _rowsRead);
        return base.ReadRow(tensor, row);
    }
}
