using Inference.Execution;

namespace Inference.Cpu;

/// <summary>The rows of activation(gate) x up, one by one; see <see cref="GateKernel"/>.</summary>
internal unsafe struct GatedRows
{
    public float* Gate;

    /// <summary>The other factor, or null.</summary>
    public float* Up;

    public Activation Activation;

    public int Columns;

    /// <summary>Computes a row.</summary>
    public static void Compute(void* state, int row, float* destination)
    {
        ref GatedRows rows = ref *(GatedRows*)state;
        nint first = (nint)row * rows.Columns;
        GateKernel.Apply(rows.Gate + first, rows.Up == null ? null : rows.Up + first, rows.Activation, destination, rows.Columns);
    }
}
