using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Runtime;
using Inference.Formats;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Tests.Linear;

[Collection(Emulation.Name)]
public class ProductPathTests
{
    /// <summary>One for each form that a type has.</summary>
    public static TheoryData<TensorType> Quantized =>
    [
        TensorType.Q8_0, TensorType.MXFP4, TensorType.Q5_0, TensorType.Q5_K, TensorType.Q6_K, TensorType.Q5_1, TensorType.Q4_0, TensorType.Q4_K, TensorType.Q4_1, TensorType.Q3_K,
    ];

    private static (Type Codes, Type Scales)[] Forms { get; } =
        [.. Quantized.Select(type => new MatrixLayout(type.Data, 16, 256).Form.Accept(new TypesOf()))];

    /// <summary>Every form, and every kernel on tensor cores for few rows.</summary>
    public static TheoryData<string, Type, Type> Kernels => [.. Forms.SelectMany(form => new[] { "Narrow", "Wide" }, (form, kernel) => (kernel, form.Codes, form.Scales))];

    /// <summary>The same for many.</summary>
    public static TheoryData<Type, Type, Type> Tiles => [.. Forms.SelectMany(form => new[] { typeof(Rows32), typeof(Rows64) }, (form, span) => (form.Codes, form.Scales, span))];

    [Theory]
    [MemberData(nameof(Quantized))]
    public void Tensor_cores_compute_the_bits_of_the_plain_kernel(TensorType type)
    {
        // Two tiles, the second not full; two chunks, the second neither.
        const int Rows = 20, Columns = 768, InputRows = 9, ManyRows = 67;
        using TestQueue test = new(AcceleratorKind.Cpu, emulatedWarps: 8);
        using WeightSample weights = new(type, Rows, Columns, 3);
        using DeviceMatrix matrix = MatrixOnDevice.Upload(test, weights.Tensor);
        float[] input = HostTensor.Normal(new Random(4), ManyRows * Columns), bias = HostTensor.Normal(new Random(5), Rows);
        float[] Run(ProductPath path, int rows) => Multiply(test, path, matrix, input[..(rows * Columns)], bias);

        float[] expected = Run(ProductPath.Plain, InputRows);
        Assert.All(expected, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(expected[..Rows], Run(ProductPath.Narrow, 1));
        Assert.Equal(expected, Run(ProductPath.Narrow, InputRows));
        Assert.Equal(expected, Run(ProductPath.Wide, InputRows));
        // More than a warp has.
        expected = Run(ProductPath.Plain, ManyRows);
        Assert.Equal(expected, Run(ProductPath.Tile, ManyRows));
        Assert.Equal(expected, Run(ProductPath.LargeTile, ManyRows));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Ptx_keeps_everything_in_registers(string kernel, Type codes, Type scales)
    {
        Type type = typeof(SpreadKernel<>).MakeGenericType(typeof(QuantizedWarpProduct<,>).MakeGenericType(codes, scales));
        string ptx = PtxText.Of(type, kernel, 256);
        Assert.Contains("mma.sync.aligned", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.global.v4", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.global.v2", ptx, StringComparison.Ordinal);
        Assert.Contains("fma.rn.f32", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        Registers(ptx, kernel == "Narrow" ? 128 : 255);
    }

    [Theory]
    [MemberData(nameof(Tiles))]
    public void Ptx_of_tiles_brings_the_next_blocks_beside_the_products(Type codes, Type scales, Type span)
    {
        string ptx = PtxText.Of(typeof(TileQuantizedKernel<,,>).MakeGenericType(codes, scales, span), "Run", 256);
        Assert.Contains("mma.sync.aligned", ptx, StringComparison.Ordinal);
        Assert.Contains("cp.async.cg.shared.global", ptx, StringComparison.Ordinal);
        Assert.Contains("cp.async.wait_group 1;", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.shared.v4", ptx, StringComparison.Ordinal);
        Assert.Contains("fma.rn.f32", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        // Sums alone are 128 registers with 64 rows: what the assembler puts away, it reads again a few times in a thousand instructions.
        Registers(ptx, 255, mostSpilled: span == typeof(Rows64) ? 160 : 32);
    }

    [Theory]
    [InlineData(TensorType.Q8_0)]
    [InlineData(TensorType.Q6_K)]
    public void Warps_of_a_group_share_what_it_brings(TensorType type)
    {
        // Ten tiles of which a group has eight, two chunks of which the second is not whole, and rows for one group and a bit.
        const int Rows = 150, Columns = 768, InputRows = 70, Warps = 8;
        using TestQueue test = new(AcceleratorKind.Cpu, Warps);
        using WeightSample weights = new(type, Rows, Columns, 3);
        using DeviceMatrix matrix = MatrixOnDevice.Upload(test, weights.Tensor);
        float[] input = HostTensor.Normal(new Random(4), InputRows * Columns);
        using LinearKernels kernels = new(test.Queue) { Path = ProductPath.Plain };
        using var inputBuffer = test.Put(input);
        using var expected = test.Put(new float[InputRows * Rows]);
        using var actual = test.Put(new float[InputRows * Rows]);
        kernels.Run(inputBuffer.View, InputRows, [new(matrix, null, expected.View)]);
        InputView quantized = kernels.Quantize(inputBuffer.View, InputRows, matrix.Layout);
        Action<MatrixView, InputView, ArrayView<float>, ArrayView<float>, int, int, int> kernel = type == TensorType.Q8_0
            ? TileQuantizedKernel<Codes8, HalfScales, Rows32>.Run
            : TileQuantizedKernel<SignedCodes6, SignedScales, Rows32>.Run;
        test.Queue.Accelerator.LoadKernel(kernel)(test.Queue.Stream, new KernelConfig(new Index3D(2, 2, 1), new Index3D(Warps * 32, 1, 1)), matrix.View, quantized, inputBuffer.View, actual.View, 0, InputRows, 4);
        Assert.Equal(test.Get(expected), test.Get(actual));
    }

    [Theory]
    [InlineData("Narrow", typeof(HalfProduct))]
    [InlineData("Wide", typeof(HalfProduct))]
    [InlineData("Narrow", typeof(BFloatProduct))]
    [InlineData("Wide", typeof(BFloatProduct))]
    public void Ptx_of_halves_keeps_everything_in_registers(string kernel, Type product)
    {
        string ptx = PtxText.Of(typeof(SpreadKernel<>).MakeGenericType(typeof(HalfWarpProduct<>).MakeGenericType(product)), kernel, 256);
        Assert.Contains("mma.sync.aligned.m16n8k16", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.global.v4", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.global.v2", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        Registers(ptx, 128);
        Assert.DoesNotContain(".local", PtxText.Of(typeof(RoundKernel<>).MakeGenericType(product), "Run", 256), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    public void Halves_on_tensor_cores_are_those_of_the_stored_weights_and_the_rounded_input(TensorType type)
    {
        // Blocks that come out neither at eight nor at two, and a row whose numbers no half can hold.
        const int Rows = 20, Columns = 680, InputRows = 9;
        using TestQueue test = new(AcceleratorKind.Cpu, emulatedWarps: 8);
        using WeightSample weights = new(type, Rows, Columns, 3);
        using DeviceMatrix matrix = MatrixOnDevice.Upload(test, weights.Tensor);
        float[] input = HostTensor.Normal(new Random(4), InputRows * Columns), bias = HostTensor.Normal(new Random(5), Rows);
        for (int i = 0; i < Columns; i++)
            input[i + Columns] *= 1e6f;
        float[] Run(ProductPath path, int first, int count) => Multiply(test, path, matrix, input[(first * Columns)..((first + count) * Columns)], bias);

        float[] actual = Run(ProductPath.Narrow, 0, InputRows);
        Assert.Equal(actual, Run(ProductPath.Wide, 0, InputRows));
        Assert.Equal(actual, Run(ProductPath.Tile, 0, InputRows));
        Assert.Equal(actual[Rows..(2 * Rows)], Run(ProductPath.Narrow, 1, 1));
        for (int i = 0; i < actual.Length; i++)
        {
            (int inputRow, int row) = Math.DivRem(i, Rows);
            double sum = bias[row], size = Math.Abs(bias[row]);
            double scale = inputRow == 1 ? 1 << 24 : 8;
            for (int column = 0; column < Columns; column++)
            {
                float value = input[(inputRow * Columns) + column];
                double rounded = type == TensorType.F16
                    ? (double)(System.Half)(value / scale) * scale
                    : BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) + 0x7FFF + (BitConverter.SingleToUInt32Bits(value) >> 16 & 1) & 0xFFFF0000u);
                double product = rounded * weights.Values[(row * Columns) + column];
                sum += product;
                size += Math.Abs(product);
            }

            Assert.True(Math.Abs(sum - actual[i]) < 1e-5 * size, $"[{inputRow}, {row}]: {sum} {actual[i]}");
        }
    }

    [Theory]
    // Rows of the input that end within a warp's, at and behind them, and behind those of one and of two groups; weight rows of one group and of two,
    // neither full; one block, an odd number of them, a chunk and one, a chunk and two, and columns that do not fill the last.
    [InlineData(TensorType.F16, 20, 16, 33)]
    [InlineData(TensorType.BF16, 130, 48, 64)]
    [InlineData(TensorType.F16, 128, 80, 65)]
    [InlineData(TensorType.F16, 20, 528, 33)]
    [InlineData(TensorType.BF16, 200, 30, 130)]
    [InlineData(TensorType.F16, 10, 56, 257)]
    [InlineData(TensorType.BF16, 70, 544, 1)]
    public void Tiles_of_halves_compute_the_bits_of_the_other_kernels(TensorType type, int rows, int columns, int inputRows)
    {
        using TestQueue test = new(AcceleratorKind.Cpu, emulatedWarps: 8);
        using WeightSample weights = new(type, rows, columns, 3);
        using DeviceMatrix matrix = MatrixOnDevice.Upload(test, weights.Tensor);
        float[] input = HostTensor.Normal(new Random(4), inputRows * columns), bias = HostTensor.Normal(new Random(5), rows);
        (float[] With, float[] Without) Run(ProductPath path) => (Multiply(test, path, matrix, input, bias), Multiply(test, path, matrix, input, null));

        (float[] with, float[] without) = Run(ProductPath.Wide);
        Assert.All(with, value => Assert.True(float.IsFinite(value)));
        (float[] tiledWith, float[] tiledWithout) = Run(ProductPath.Tile);
        Assert.Equal(Bits(with), Bits(tiledWith));
        Assert.Equal(Bits(without), Bits(tiledWithout));
    }

    [Theory]
    [InlineData(typeof(HalfProduct))]
    [InlineData(typeof(BFloatProduct))]
    public void Ptx_of_tiles_of_halves_copies_asynchronously_and_keeps_everything_in_registers(Type product)
    {
        string ptx = PtxText.Of(typeof(TileHalfKernel<>).MakeGenericType(product), "Run", TileHalfKernel<HalfProduct>.GroupSize);
        Assert.Contains("mma.sync.aligned.m16n8k16", ptx, StringComparison.Ordinal);
        Assert.Contains("cp.async.cg.shared.global", ptx, StringComparison.Ordinal);
        Assert.Contains("cp.async.wait_group 1", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.shared.v4", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.shared.v2", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain("st.shared", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain("cvta.to.shared", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        foreach (string architecture in (string[])["sm_80", "sm_90"])
        {
            if (PtxText.Assemble(ptx, architecture) is not { } report)
                continue;
            Assert.Contains(" 0 bytes spill stores", report, StringComparison.Ordinal);
            // What a group has without asking the driver for more.
            Assert.InRange(Number(report, @"(\d+) bytes smem"), 1, 48 * 1024);
        }
    }

    [Theory]
    [InlineData(AcceleratorKind.Cpu, TensorType.F32, 20, 40, 17)]
    [InlineData(AcceleratorKind.Cpu, TensorType.BF16, 66, 34, 65)]
    [InlineData(AcceleratorKind.OpenCL, TensorType.F32, 130, 1030, 130)]
    [InlineData(AcceleratorKind.OpenCL, TensorType.F16, 64, 528, 64)]
    [InlineData(AcceleratorKind.OpenCL, TensorType.F16, 37, 1, 65)]
    [InlineData(AcceleratorKind.OpenCL, TensorType.BF16, 200, 513, 33)]
    [InlineData(AcceleratorKind.OpenCL, TensorType.F32, 65, 96, 1)]
    public void Shared_memory_changes_no_bit_of_the_plain_kernel(AcceleratorKind kind, TensorType type, int rows, int columns, int inputRows)
    {
        using TestQueue test = new(kind, emulatedWarps: 8);
        using WeightSample weights = new(type, rows, columns, 3);
        using DeviceMatrix matrix = MatrixOnDevice.Upload(test, weights.Tensor);
        float[] input = HostTensor.Normal(new Random(4), inputRows * columns), bias = HostTensor.Normal(new Random(5), rows);
        // Numbers whose products are too small for one another, and one that spoils its row alone.
        input[0] = 1e-30f;
        input[^1] = float.NaN;
        (float[] With, float[] Without) Run(ProductPath path) => (Multiply(test, path, matrix, input, bias), Multiply(test, path, matrix, input, null));

        (float[] with, float[] without) = Run(ProductPath.Plain);
        Assert.All(with[..^rows], value => Assert.True(float.IsFinite(value)));
        (float[] sharedWith, float[] sharedWithout) = Run(ProductPath.Shared);
        Assert.Equal(Bits(with[..^rows]), Bits(sharedWith[..^rows]));
        Assert.Equal(Bits(without[..^rows]), Bits(sharedWithout[..^rows]));
        Assert.All(sharedWith[^rows..], value => Assert.True(float.IsNaN(value)));
    }

    [Theory]
    [MemberData(nameof(Quantized))]
    public void Shared_memory_changes_no_bit_of_the_plain_quantised_kernel(TensorType type) => CompareShared(AcceleratorKind.OpenCL, type, 70, 768, 66);

    [Theory]
    [InlineData(TensorType.Q8_0)]
    [InlineData(TensorType.Q5_K)]
    public void Shared_memory_changes_no_bit_of_the_plain_quantised_kernel_in_the_emulation(TensorType type) => CompareShared(AcceleratorKind.Cpu, type, 20, 512, 5);

    private static void CompareShared(AcceleratorKind kind, TensorType type, int rows, int columns, int inputRows)
    {
        using TestQueue test = new(kind, emulatedWarps: 8);
        using WeightSample weights = new(type, rows, columns, 3);
        using DeviceMatrix matrix = MatrixOnDevice.Upload(test, weights.Tensor);
        float[] input = HostTensor.Normal(new Random(4), inputRows * columns), bias = HostTensor.Normal(new Random(5), rows);
        float[] expected = Multiply(test, ProductPath.Plain, matrix, input, bias);
        Assert.All(expected, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(Bits(expected), Bits(Multiply(test, ProductPath.Shared, matrix, input, bias)));
    }

    [Theory]
    [InlineData(typeof(Singles))]
    [InlineData(typeof(Halves))]
    [InlineData(typeof(BFloats))]
    public void Ptx_of_shared_memory_keeps_sums_in_registers(Type floats)
    {
        string ptx = PtxText.Of(typeof(SharedFloatKernel<>).MakeGenericType(floats), "Run", SquareResults.GroupSize);
        Assert.Contains("fma.rn.f32", ptx, StringComparison.Ordinal);
        Assert.Contains("st.shared", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        Registers(ptx, 128);
    }

    private static float[] Multiply(TestQueue test, ProductPath path, DeviceMatrix matrix, float[] input, float[]? bias)
    {
        int rows = input.Length / matrix.Columns;
        using LinearKernels kernels = new(test.Queue) { Path = path };
        using var inputBuffer = test.Put(input);
        using var biasBuffer = test.Put(bias ?? [0]);
        using var output = test.Put(new float[rows * matrix.Rows]);
        kernels.Run(inputBuffer.View, rows, [new(matrix, bias is null ? null : biasBuffer.View, output.View)]);
        return test.Get(output);
    }

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];

    /// <summary>A group of 256 threads has room for 255 registers each; two groups, and so somebody to work while others wait, for half of that.</summary>
    private static void Registers(string ptx, int most, int mostSpilled = 32)
    {
        if (PtxText.Assemble(ptx) is not { } report)
            return;
        // The assembler aims at more groups on its own account and puts a few addresses away for it.
        Assert.InRange(Number(report, @"(\d+) bytes spill stores"), 0, mostSpilled);
        Assert.InRange(Number(report, @"Used (\d+) registers"), 16, most);
    }

    private static int Number(string report, string pattern) => int.Parse(Regex.Match(report, pattern).Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);

    private sealed class TypesOf : IQuantizedVisitor<(Type Codes, Type Scales)>
    {
        public (Type Codes, Type Scales) Visit<TCodes, TScales>()
            where TCodes : struct, ICodes
            where TScales : struct, IScales => (typeof(TCodes), typeof(TScales));
    }
}
