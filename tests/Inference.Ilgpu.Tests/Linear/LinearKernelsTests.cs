using ILGPU;
using ILGPU.Runtime;
using Inference.Formats;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Tests.Linear;

[Collection(Emulation.Name)]
public class LinearKernelsTests
{
    public static MatrixTheoryData<AcceleratorKind, TensorType> Cases => new([AcceleratorKind.Cpu, AcceleratorKind.OpenCL], WeightSample.Types);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Results_are_those_of_the_stored_weights_and_the_rounded_input(AcceleratorKind kind, TensorType type)
    {
        using TestQueue test = new(kind);
        using LinearKernels kernels = new(test.Queue);
        // Rows that do not fill a tile, columns of more than a chunk; the emulation gets less of both.
        (int rows, int columns) = kind == AcceleratorKind.Cpu ? (19, 256) : (150, 1280);
        foreach (int inputRows in (int[])[1, 5])
        {
            using WeightSample weights = new(type, rows, columns, 3);
            using DeviceMatrix matrix = MatrixOnDevice.Upload(test, weights.Tensor);
            float[] input = HostTensor.Normal(new Random(4), inputRows * columns), bias = HostTensor.Normal(new Random(5), rows);
            // A block of zeros, and one so small that its inverse is infinite.
            input.AsSpan(32, 32).Clear();
            input.AsSpan(64, 32).Fill(1e-41f);
            using var inputBuffer = test.Put(input);
            using var biasBuffer = test.Put(bias);
            using var with = test.Put(new float[inputRows * rows]);
            using var without = test.Put(new float[inputRows * rows]);
            kernels.Run(inputBuffer.View, inputRows, [new(matrix, biasBuffer.View, with.View), new(matrix, null, without.View)]);
            float[] rounded = BlockFormat.IsQuantized(type) ? [.. input.Chunk(32).SelectMany(Round)] : input;
            float[] actual = test.Get(with), plain = test.Get(without);
            for (int i = 0; i < actual.Length; i++)
            {
                (int inputRow, int row) = Math.DivRem(i, rows);
                double sum = 0, size = 0;
                for (int column = 0; column < columns; column++)
                {
                    double product = (double)rounded[(inputRow * columns) + column] * weights.Values[(row * columns) + column];
                    sum += product;
                    size += Math.Abs(product);
                }

                Assert.True(Math.Abs(sum - plain[i]) < 3e-6 * size, $"{type} [{inputRow}, {row}]: {sum} {plain[i]}");
                Assert.Equal(plain[i] + bias[row], actual[i]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Looked_up_rows_are_the_stored_ones(AcceleratorKind kind, TensorType type)
    {
        using TestQueue test = new(kind);
        using LinearKernels kernels = new(test.Queue);
        using WeightSample weights = new(type, 37, 512, 6);
        using DeviceMatrix table = MatrixOnDevice.Upload(test, weights.Tensor);
        int[] rows = [36, 0, 17, 17];
        using var indices = test.Queue.Accelerator.Allocate1D(rows);
        using var output = test.Put(new float[rows.Length * 512]);
        kernels.Embed(table, indices.View, rows.Length, output.View, adds: false);
        float[] expected = [.. rows.SelectMany(row => weights.Values.AsSpan(row * 512, 512).ToArray())];
        Assert.Equal(expected, test.Get(output));
        kernels.Embed(table, indices.View, rows.Length, output.View, adds: true);
        Assert.Equal(expected.Select(value => value + value), test.Get(output));
    }

    [Theory]
    [InlineData(AcceleratorKind.Cpu)]
    [InlineData(AcceleratorKind.OpenCL)]
    public void A_rows_bits_do_not_depend_on_the_others(AcceleratorKind kind)
    {
        using TestQueue test = new(kind);
        using LinearKernels kernels = new(test.Queue);
        foreach (TensorType type in (TensorType[])[TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_K, TensorType.Q6_K])
        {
            const int Rows = 20, Columns = 768, Most = 33;
            using WeightSample weights = new(type, Rows, Columns, 7);
            using DeviceMatrix matrix = MatrixOnDevice.Upload(test, weights.Tensor);
            float[] input = HostTensor.Normal(new Random(8), Most * Columns);
            float[] Run(int first, int count)
            {
                using var inputBuffer = test.Put(input[(first * Columns)..((first + count) * Columns)]);
                using var output = test.Put(new float[count * Rows]);
                kernels.Run(inputBuffer.View, count, [new(matrix, null, output.View)]);
                return test.Get(output);
            }

            float[] together = Run(0, Most);
            foreach ((int first, int count) in ((int, int)[])[(0, 1), (32, 1), (3, 3), (5, 8), (1, 17)])
                Assert.Equal(together[(first * Rows)..((first + count) * Rows)], Run(first, count));
        }
    }

    [Fact]
    public void A_number_that_is_none_spoils_its_row_alone()
    {
        using TestQueue test = new(AcceleratorKind.Cpu);
        using LinearKernels kernels = new(test.Queue);
        using WeightSample weights = new(TensorType.Q8_0, 16, 64, 9);
        using DeviceMatrix matrix = MatrixOnDevice.Upload(test, weights.Tensor);
        float[] input = HostTensor.Normal(new Random(10), 3 * 64);
        input[70] = float.NaN;
        input[130] = float.PositiveInfinity;
        using var inputBuffer = test.Put(input);
        using var output = test.Put(new float[3 * 16]);
        kernels.Run(inputBuffer.View, 3, [new(matrix, null, output.View)]);
        float[] result = test.Get(output);
        Assert.All(result[..16], value => Assert.True(float.IsFinite(value)));
        Assert.All(result[16..], value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void A_type_without_numbers_is_refused_by_name() =>
        Assert.Contains("I32", Assert.Throws<NotSupportedException>(() => new MatrixLayout(TensorType.I32, 16, 32)).Message, StringComparison.Ordinal);

    /// <summary>To 8 bits, as the device does.</summary>
    private static IEnumerable<float> Round(float[] block)
    {
        float largest = block.Max(Math.Abs);
        float inverse = 127 / largest;
        return block.Select(value => float.IsFinite(inverse) ? MathF.Floor(MathF.FusedMultiplyAdd(value, inverse, 0.5f)) * (largest / 127) : 0);
    }
}
