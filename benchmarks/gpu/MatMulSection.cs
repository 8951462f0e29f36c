using Inference.Formats;

namespace Inference.GpuBenchmark;

/// <summary>Matrix times many rows. PyTorch's figure beside it is cuBLAS in bf16.</summary>
internal static class MatMulSection
{
    public static void Run(Bench bench)
    {
        (int Rows, int Columns)[] shapes = bench.Size<(int, int)[]>([(4096, 4096), (14336, 4096), (4096, 14336)], [(64, 256)]);
        foreach ((int rows, int columns) in shapes)
        {
            foreach (int batch in bench.Size<int[]>([512, 4096], [33]))
            {
                foreach (TensorType type in (TensorType[])[TensorType.BF16, TensorType.F16, TensorType.Q8_0, TensorType.Q4_K])
                {
                    double seconds = MatVecSection.Time(bench, type, rows, columns, batch);
                    bench.Report.Add(new("matmul", $"{type} {rows}x{columns} rows={batch}", 2.0 * rows * columns * batch / seconds / 1e12, "TFLOP/s")
                    {
                        // Half of cuBLAS before kernels were tuned, and this after.
                        Target = type == TensorType.BF16 ? 0.7 : null,
                        IsAgainstPeer = true,
                        Note = $"{seconds * 1e6:F0} us",
                    });
                }
            }
        }
    }
}
