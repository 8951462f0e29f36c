namespace Inference.Cpu.Linear;

/// <summary>One of the linear layers that read the same input.</summary>
/// <param name="weight">The matrix.</param>
/// <param name="bias">One value for each row of the matrix, added last; null for none.</param>
/// <param name="output">Receives [rows of the input, rows of the matrix].</param>
/// <param name="outputStride">Floats from one row of the output to the next.</param>
/// <param name="rows">The group of the input's rows that it reads; null for all rows.</param>
internal readonly unsafe struct LinearCall(PackedMatrix weight, float* bias, float* output, nint outputStride, RowGroup? rows = null)
{
    public PackedMatrix Weight { get; } = weight;

    public float* Bias { get; } = bias;

    public float* Output { get; } = output;

    public nint OutputStride { get; } = outputStride;

    public RowGroup? Rows { get; } = rows;
}
