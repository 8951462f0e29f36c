using System.Globalization;
using Inference.Execution;

namespace Inference.GpuBenchmark;

/// <summary>What sampling needs of rows of logits: the greatest, the greatest few with the row's weight, or the rows themselves on the host.</summary>
internal static class SelectSection
{
    public static void Run(Bench bench)
    {
        Device device = bench.Device;
        int columns = bench.Size(128_256, 300);
        foreach (int rows in bench.Size<int[]>([1, 8, 32, 128], [3]))
        {
            using var inputs = new Inputs(device, Weights.Normal(rows * columns, 3, seed: 21), columns);
            using DeviceTensor logits = inputs.Take(rows);
            int[] tokens = new int[rows * Math.Max(1, device.MostSelected)];
            int[] counts = new int[rows];
            float[] sums = new float[rows];
            float[] values = new float[Math.Max(rows * columns, tokens.Length)];
            float[] temperatures = new float[rows];
            Array.Fill(temperatures, 0.8f);
            Measure("argmax", () =>
            {
                device.ArgMax(logits);
                device.ReadArgMax(tokens.AsSpan(0, rows));
            });
            foreach (int count in device.MostSelected > 0 ? (int[])[Math.Min(40, device.MostSelected), device.MostSelected] : [])
            {
                Measure($"top {count}", () =>
                {
                    device.SelectTop(logits, count, temperatures);
                    device.ReadTop(counts, sums, values, tokens);
                });
            }

            Measure("read", () =>
            {
                // Rows that are on the host already are not copied again.
                device.Scale(logits, 1);
                device.ReadRows(logits, values);
            });

            void Measure(string what, Action work)
            {
                double seconds = bench.Time(_ => work(), () => { });
                bench.Report.Add(new("select", string.Create(CultureInfo.InvariantCulture, $"{what}, {rows} rows of {columns}"), rows / seconds, "rows/s") { Note = string.Create(CultureInfo.InvariantCulture, $"{1e6 * seconds:F0} us") });
            }
        }
    }
}
