namespace Inference.Cpu.Linear;

/// <summary>The input of linear layers: rows that are there, or rows that are computed when a layer needs them.</summary>
/// <remarks>
/// Rows that are computed go from the processor's nearest cache straight into the form that the layer reads, and their computation shares
/// a run of the team with that conversion.
/// </remarks>
internal readonly unsafe struct LinearInput
{
    /// <summary>Rows that are there.</summary>
    /// <param name="values">[rows, columns].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public LinearInput(float* values, int rows, int columns)
    {
        Values = values;
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Rows to be computed: each once, on any thread.</summary>
    /// <param name="compute">Receives the state, the row's number, and where its elements go.</param>
    /// <param name="state">Anything; must stay valid while the layers are computed.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public LinearInput(delegate*<void*, int, float*, void> compute, void* state, int rows, int columns)
    {
        Compute = compute;
        State = state;
        Rows = rows;
        Columns = columns;
    }

    /// <summary>The rows, or null where they are to be computed.</summary>
    public float* Values { get; }

    public delegate*<void*, int, float*, void> Compute { get; }

    public void* State { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>The group that each row belongs to; null where all rows are one.</summary>
    public RowGroup* Groups { get; init; }

    /// <summary>The group that a row belongs to.</summary>
    public RowGroup GroupOf(int row) => Groups == null ? new RowGroup(0, Rows) : Groups[row];
}
