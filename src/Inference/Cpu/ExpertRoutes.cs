using Inference.Cpu.Linear;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Which experts compute which rows of a step. A place is a row at one of its experts; places are sorted by expert, then by row.</summary>
internal sealed unsafe class ExpertRoutes : IDisposable
{
    private readonly NativeBuffer _experts = new();
    private readonly NativeBuffer _weights = new();
    private readonly NativeBuffer _places = new();
    private readonly NativeBuffer _rows = new();
    private readonly NativeBuffer _groups = new();
    private readonly NativeBuffer _ofExperts = new();
    private readonly NativeBuffer _next = new();

    /// <summary>[rows, chosen]: weights, the highest first.</summary>
    public float* Weights => (float*)_weights.Data;

    /// <summary>[rows, chosen]: the place of each.</summary>
    public int* Places => (int*)_places.Data;

    /// <summary>[places]: the row of each.</summary>
    public int* Rows => (int*)_rows.Data;

    /// <summary>[places]: the places of the same expert.</summary>
    public RowGroup* Groups => (RowGroup*)_groups.Data;

    /// <summary>[experts]: the places of each; none for some.</summary>
    public RowGroup* OfExperts => (RowGroup*)_ofExperts.Data;

    /// <summary>Routes rows.</summary>
    /// <param name="team">The workers.</param>
    /// <param name="scores">[rows, experts].</param>
    /// <param name="routing">The rules.</param>
    public void Find(ThreadTeam team, CpuTensor scores, ExpertRouting routing)
    {
        int chosen = routing.Chosen;
        nuint most = checked((nuint)scores.Capacity * (nuint)chosen);
        _experts.Reserve(most * sizeof(int));
        _weights.Reserve(most * sizeof(float));
        _places.Reserve(most * sizeof(int));
        _rows.Reserve(most * sizeof(int));
        _groups.Reserve(most * (nuint)sizeof(RowGroup));
        _ofExperts.Reserve((nuint)scores.Columns * (nuint)sizeof(RowGroup));
        _next.Reserve((nuint)scores.Columns * sizeof(int));
        RouteKernel.Run(team, scores.Data, scores.Rows, scores.Columns, chosen, routing.Normalizes, (int*)_experts.Data, Weights);
        Sort(scores.Rows, scores.Columns, chosen);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _experts.Dispose();
        _weights.Dispose();
        _places.Dispose();
        _rows.Dispose();
        _groups.Dispose();
        _ofExperts.Dispose();
        _next.Dispose();
    }

    private void Sort(int rows, int experts, int chosen)
    {
        var choices = (int*)_experts.Data;
        var next = (int*)_next.Data;
        new Span<int>(next, experts).Clear();
        for (int i = 0; i < rows * chosen; i++)
            next[choices[i]]++;
        for (int expert = 0, first = 0; expert < experts; expert++)
        {
            OfExperts[expert] = new RowGroup(first, next[expert]);
            next[expert] = first;
            first += OfExperts[expert].Count;
        }

        for (int row = 0; row < rows; row++)
        {
            for (int i = row * chosen; i < (row + 1) * chosen; i++)
            {
                int place = next[choices[i]]++;
                Places[i] = place;
                Rows[place] = row;
                Groups[place] = OfExperts[choices[i]];
            }
        }
    }
}
