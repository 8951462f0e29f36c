using System.Runtime.InteropServices;
using Inference.Cpu;
using Inference.Cpu.Assembled;
using Inference.Cpu.Linear;
using Inference.Formats;

namespace Inference.Tests.Cpu.Linear;

public sealed class LinearKernelTests
{
    private static readonly int[] _rowCounts = [1, 2, 3, 5, 8, 33];

    // The widest error of rounding one float in eight bits is half a step, 1/254 of the block's largest magnitude; over a row the
    // errors add like random steps. These inputs stay below 0.8 percent in all types.
    private const double ActivationError = 0.008;

    // Half a unit of the last of eight bits is at most 1/512 of a number, and a third of that on average.
    private const double BFloatError = 0.002;

    public static TheoryData<TensorType> Types => [.. WeightSample.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_shape_matches_a_float64_reference(TensorType type)
    {
        int[] columnCounts = !BlockFormat.IsQuantized(type) ? [1, 3, 64, 172, 515] : BlockFormat.BlockSize(type) == 32 ? [32, 64, 160, 2048] : [256, 512, 2048];
        using var team = new ThreadTeam(2);
        foreach (int columns in columnCounts)
        {
            foreach (int matrixRows in new[] { 1, 15, 16, 17, 100 })
            {
                using var sample = new WeightSample(type, matrixRows, columns, seed: columns + matrixRows);
                using PackedMatrix weight = PackedMatrix.Pack(sample.Tensor, team);
                float[] bias = LinearRunner.RandomInput(1, matrixRows, seed: 3);
                foreach (int rows in _rowCounts)
                {
                    float[] input = LinearRunner.RandomInput(rows, columns, seed: rows);
                    float[] output = LinearRunner.Run(team, weight, input, rows % 2 == 0 ? bias : null);
                    AssertClose(sample, input, rows % 2 == 0 ? bias : null, output);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Quantising_the_input_costs_less_than_the_stated_error(TensorType type)
    {
        const int Columns = 2048, MatrixRows = 64, Rows = 4;
        using var team = new ThreadTeam(1);
        using var sample = new WeightSample(type, MatrixRows, Columns, seed: 5);
        using PackedMatrix weight = PackedMatrix.Pack(sample.Tensor, team);
        float[] input = LinearRunner.RandomInput(Rows, Columns, seed: 6);
        float[] output = LinearRunner.Run(team, weight, input);
        double error = 0, norm = 0;
        for (int i = 0; i < output.Length; i++)
        {
            (double sum, double _) = Reference(sample.Values, [.. input.Select(x => (double)x)], i % MatrixRows, i / MatrixRows, Columns);
            error += Math.Pow(output[i] - sum, 2);
            norm += sum * sum;
        }

        double relative = Math.Sqrt(error / norm);
        Assert.InRange(relative, 0, BlockFormat.IsQuantized(type) ? ActivationError : type == TensorType.BF16 ? BFloatError : 1e-6);
        TestContext.Current.TestOutputHelper?.WriteLine($"{type}: {relative:E2}");
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_row_has_the_same_bits_in_every_batch_position_and_team(TensorType type)
    {
        const int MatrixRows = 75, Rows = 37;
        int columns = BlockFormat.IsQuantized(type) ? 768 : 301;
        using var sample = new WeightSample(type, MatrixRows, columns, seed: 7);
        using var one = new ThreadTeam(1);
        using PackedMatrix weight = PackedMatrix.Pack(sample.Tensor, one);
        float[] input = LinearRunner.RandomInput(Rows, columns, seed: 8);
        float[] alone = [.. Enumerable.Range(0, Rows).SelectMany(row => LinearRunner.Run(one, weight, input[(row * columns)..((row + 1) * columns)]))];
        for (int threads = 1; threads <= 4; threads++)
        {
            using var team = new ThreadTeam(threads);
            foreach ((int first, int count) in new[] { (0, Rows), (1, 2), (3, 16), (5, 17), (20, 7), (30, 3), (2, 33) })
            {
                float[] output = LinearRunner.Run(team, weight, input[(first * columns)..((first + count) * columns)]);
                AssertSameBits(alone.AsSpan(first * MatrixRows, count * MatrixRows), output);
            }
        }
    }

    [Fact]
    public void Layers_of_any_types_share_one_input()
    {
        const int Columns = 512, Rows = 19;
        using var team = new ThreadTeam(3);
        using var a = new WeightSample(TensorType.Q8_0, 40, Columns, seed: 1);
        using var b = new WeightSample(TensorType.F16, 7, Columns, seed: 2);
        using var c = new WeightSample(TensorType.Q4_K, 129, Columns, seed: 3);
        using PackedMatrix first = PackedMatrix.Pack(a.Tensor, team);
        using PackedMatrix second = PackedMatrix.Pack(b.Tensor, team);
        using PackedMatrix third = PackedMatrix.Pack(c.Tensor, team);
        float[] input = LinearRunner.RandomInput(Rows, Columns, seed: 4);
        float[] bias = LinearRunner.RandomInput(1, 129, seed: 5);
        float[][] together = LinearRunner.Run(team, input, (first, null), (second, null), (third, bias));
        AssertSameBits(LinearRunner.Run(team, first, input), together[0]);
        AssertSameBits(LinearRunner.Run(team, second, input), together[1]);
        AssertSameBits(LinearRunner.Run(team, third, input, bias), together[2]);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void An_input_that_is_not_a_number_makes_its_row_and_no_other_not_a_number(TensorType type)
    {
        const int MatrixRows = 20, Columns = 256;
        using var team = new ThreadTeam(1);
        using var sample = new WeightSample(type, MatrixRows, Columns, seed: 9);
        using PackedMatrix weight = PackedMatrix.Pack(sample.Tensor, team);
        float[] input = LinearRunner.RandomInput(5, Columns, seed: 10);
        float[] expected = LinearRunner.Run(team, weight, input);
        input[1 * Columns + 77] = float.NaN;
        input[3 * Columns + 5] = float.PositiveInfinity;
        input[3 * Columns + 6] = float.NegativeInfinity;
        input[3 * Columns + 250] = float.NaN;
        float[] output = LinearRunner.Run(team, weight, input);
        foreach (int row in new[] { 0, 2, 4 })
            AssertSameBits(expected.AsSpan(row * MatrixRows, MatrixRows), output.AsSpan(row * MatrixRows, MatrixRows));
        foreach (int row in new[] { 1, 3 })
            Assert.All(output[(row * MatrixRows)..((row + 1) * MatrixRows)], value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Inputs_at_the_ends_of_the_range_stay_exact_or_vanish()
    {
        const int Columns = 64;
        using var team = new ThreadTeam(1);
        using var sample = new WeightSample(TensorType.Q8_0, 3, Columns, seed: 11);
        using PackedMatrix weight = PackedMatrix.Pack(sample.Tensor, team);
        float[] input = new float[3 * Columns];
        input[0] = float.Epsilon;
        input[Columns] = 1e30f;
        float[] output = LinearRunner.Run(team, weight, input);
        for (int row = 0; row < 3; row++)
        {
            Assert.Equal(0, output[row]);
            Assert.InRange(output[3 + row] / (sample.Values[row * Columns] * 1e30), 0.999999, 1.000001);
            Assert.Equal(0, output[6 + row]);
        }
    }

    [Theory]
    [InlineData(nameof(KernelWidth.Bits128))]
    [InlineData(nameof(KernelWidth.Bits256))]
    [InlineData(nameof(KernelWidth.Bits512))]
    [InlineData(nameof(KernelWidth.Assembled))]
    public unsafe void Pairs_of_any_magnitude_have_the_bits_of_a_chain_of_products(string kernels)
    {
        KernelWidth width = Enum.Parse<KernelWidth>(kernels);
        const int Columns = 70, MatrixRows = 33, Rows = 14;
        Assert.SkipUnless(width == KernelWidth.Assembled ? VnniSupport.HasBFloats : width <= KernelTable.Widest, "This processor has no such kernels.");
        var random = new Random(13);
        using var team = new ThreadTeam(1);
        using var sample = new WeightSample(TensorType.BF16, MatrixRows, Columns, seed: 13);
        Span<ushort> weights = MemoryMarshal.Cast<byte, ushort>(sample.Bytes);
        for (int i = 0; i < weights.Length; i++)
            weights[i] = (ushort)(random.Next(2) << 15 | random.Next(i % 3 == 0 ? 0 : 40, i % 3 == 0 ? 0xb8 : 100) << 7 | random.Next(128));
        float[] input = [.. Enumerable.Range(0, Rows * Columns).Select(i => BitConverter.UInt32BitsToSingle((uint)(random.Next(2) << 31 | random.Next(i % 2 == 0 ? 0 : 50, i % 2 == 0 ? 0xb8 : 110) << 23 | random.Next(1 << 23))))];
        using PackedMatrix weight = PackedMatrix.Pack(sample.Tensor, team, width);
        float[] output = LinearRunner.Run(team, weight, input);

        for (int i = 0; i < output.Length; i++)
        {
            (int row, int matrixRow) = Math.DivRem(i, MatrixRows);
            float sum = 0;
            for (int pair = 0; pair < Columns; pair += 2)
            {
                foreach (int column in new[] { pair + 1, pair })
                {
                    float number = BitConverter.UInt32BitsToSingle((uint)weights[matrixRow * Columns + column] << 16);
                    float factor = Rounded(input[row * Columns + column]);
                    number = MathF.Abs(number) < MathF.ScaleB(1, -60) ? 0 : number;
                    factor = MathF.Abs(factor) < MathF.ScaleB(1, -52) ? 0 : factor;
                    sum = MathF.FusedMultiplyAdd(number, factor, sum);
                }
            }

            Assert.Equal(BitConverter.SingleToInt32Bits(sum + 0f), BitConverter.SingleToInt32Bits(output[i]));
        }
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        using var team = new ThreadTeam(1);
        using var sample = new WeightSample(TensorType.Q4_0, 48, 64, seed: 12);
        using PackedMatrix weight = PackedMatrix.Pack(sample.Tensor, team);
        using var scratch = new QuantizedActivations();
        AssertAllocatesNothing(team, weight, scratch);
    }

    private static unsafe void AssertAllocatesNothing(ThreadTeam team, PackedMatrix weight, QuantizedActivations scratch)
    {
        float* input = stackalloc float[64];
        float* output = stackalloc float[48];
        new Span<float>(input, 64).Fill(1);
        LinearCall[] calls = [new LinearCall(weight, null, output, 48)];
        LinearKernel.Run(team, input, 1, 64, scratch, calls);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
                LinearKernel.Run(team, input, 1, 64, scratch, calls);
        }));
    }

    private static void AssertClose(WeightSample sample, float[] input, float[]? bias, float[] output)
    {
        int matrixRows = (int)sample.Tensor.Rows;
        int columns = (int)sample.Tensor.Columns;
        double[] seen = BlockFormat.IsQuantized(sample.Tensor.Type) ? Quantized(input) : [.. input.Select(x => (double)(sample.Tensor.Type == TensorType.BF16 ? Rounded(x) : x))];
        for (int i = 0; i < output.Length; i++)
        {
            (int row, int matrixRow) = Math.DivRem(i, matrixRows);
            (double sum, double magnitude) = Reference(sample.Values, seen, matrixRow, row, columns);
            double expected = sum + (bias?[matrixRow] ?? 0);
            // The second part is for scales so small that their product with the input's is subnormal.
            double tolerance = 1e-6 * (magnitude + Math.Abs(bias?[matrixRow] ?? 0)) + 1e-40;
            Assert.True(Math.Abs(output[i] - expected) <= tolerance, $"{sample.Tensor.Type} [{matrixRows}, {columns}] row {row}: {output[i]} is not {expected}");
        }
    }

    // The sum and the sum of magnitudes, which bounds what rounding can do.
    private static (double Sum, double Magnitude) Reference(float[] weights, double[] input, int matrixRow, int row, int columns)
    {
        double sum = 0, magnitude = 0;
        for (int k = 0; k < columns; k++)
        {
            double product = (double)weights[matrixRow * columns + k] * input[row * columns + k];
            sum += product;
            magnitude += Math.Abs(product);
        }

        return (sum, magnitude);
    }

    // The quantisation as specified, written plainly: blocks of 32, scale = largest magnitude / 127, nearest integer, ties to even.
    private static double[] Quantized(float[] input)
    {
        double[] result = new double[input.Length];
        for (int block = 0; block < input.Length; block += 32)
        {
            float scale = input.AsSpan(block, 32).ToArray().Max(MathF.Abs) / 127;
            for (int i = block; i < block + 32; i++)
                result[i] = (double)MathF.Round(input[i] * (1 / scale), MidpointRounding.ToEven) * scale;
        }

        return result;
    }

    // The nearest number of eight bits, ties to even.
    private static float Rounded(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000);
    }

    private static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        Assert.Equal(expected.ToArray().Select(BitConverter.SingleToInt32Bits), actual.ToArray().Select(BitConverter.SingleToInt32Bits));
}
