using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Inference.Cpu;
using Inference.Cpu.Assembled;
using Inference.Cpu.Linear;
using Inference.Formats;

namespace Inference.Tests.Cpu.Linear;

public sealed class PackedMatrixTests
{
    public static TheoryData<TensorType> Types => [.. WeightSample.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void Packing_does_not_depend_on_the_team(TensorType type)
    {
        using var sample = new WeightSample(type, 70, 256, seed: 1);
        using var one = new ThreadTeam(1);
        using var four = new ThreadTeam(4);
        using PackedMatrix first = PackedMatrix.Pack(sample.Tensor, one);
        using PackedMatrix second = PackedMatrix.Pack(sample.Tensor, four);
        Assert.Equal((70, 256, 5), (first.Rows, first.Columns, first.PanelCount));
        Assert.Equal(first.PanelCount * first.PanelBytes, first.ByteLength);
        Assert.True(Panels(first).SequenceEqual(Panels(second)));
    }

    [Theory]
    [InlineData(TensorType.F16, 2.0)]
    [InlineData(TensorType.Q8_0, 34.0 / 32)]
    [InlineData(TensorType.Q4_0, 18.0 / 32)]
    [InlineData(TensorType.IQ4_NL, 18.0 / 32)]
    [InlineData(TensorType.Q4_1, 20.0 / 32)]
    [InlineData(TensorType.Q4_K, 148.0 / 256)]
    [InlineData(TensorType.IQ4_XS, 138.0 / 256)]
    [InlineData(TensorType.Q5_0, 22.0 / 32)]
    [InlineData(TensorType.Q5_1, 24.0 / 32)]
    [InlineData(TensorType.Q2_K, 84.0 / 256)]
    [InlineData(TensorType.Q3_K, 114.0 / 256)]
    [InlineData(TensorType.Q5_K, 180.0 / 256)]
    [InlineData(TensorType.Q6_K, 210.0 / 256)]
    public void Panels_take_about_the_bytes_of_the_file(TensorType type, double bytesPerWeight)
    {
        using var sample = new WeightSample(type, 32, 512, seed: 2);
        using var team = new ThreadTeam(1);
        using PackedMatrix weight = PackedMatrix.Pack(sample.Tensor, team);
        Assert.Equal(32 * 512 * bytesPerWeight, weight.ByteLength, tolerance: 128);
    }

    [Theory]
    [InlineData(TensorType.I32, 4, 32)]
    [InlineData(TensorType.Q8_0, 4, 48)]
    [InlineData(TensorType.Q4_K, 4, 128)]
    [InlineData(TensorType.F32, 0, 32)]
    [InlineData(TensorType.F32, 4, 0)]
    [InlineData(TensorType.Q8_0, 1 << 20, 1 << 20)]
    public void Types_and_shapes_that_cannot_be_computed_are_refused(TensorType type, long rows, long columns)
    {
        using var team = new ThreadTeam(1);
        var tensor = new StoredTensor("odd", type, [rows, columns], 0, 0);
        NotSupportedException exception = Assert.Throws<NotSupportedException>(() => PackedMatrix.Pack(tensor, team));
        Assert.Contains("odd", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public unsafe void Panel_halves_are_exact_for_every_half_below_128_and_refuse_the_others()
    {
        ushort* halves = stackalloc ushort[16];
        ushort* panel = stackalloc ushort[16];
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            new Span<ushort>(halves, 16).Fill((ushort)bits);
            Half half = BitConverter.UInt16BitsToHalf((ushort)bits);
            Assert.Equal(Half.Abs(half) < (Half)128, PanelHalf.TryConvert(halves, panel, 16));
            if (Half.Abs(half) < (Half)128)
                Assert.Equal((float)half, Lanes128.LoadPanelHalves((byte*)panel).AsSingle()[bits & 3]);
        }
    }

    [Theory]
    [InlineData(0x5800)]
    [InlineData(0xfbff)]
    [InlineData(0x7c00)]
    [InlineData(0x7e00)]
    public void Halves_too_large_for_a_panel_are_kept_as_floats(ushort bits)
    {
        const int Columns = 300;
        using var sample = new WeightSample(TensorType.F16, 40, Columns, seed: 5);
        using var team = new ThreadTeam(2);
        float[] input = LinearRunner.RandomInput(1, Columns, seed: 6);
        using PackedMatrix narrow = PackedMatrix.Pack(sample.Tensor, team, KernelWidth.Bits128);
        float[] expected = LinearRunner.Run(team, narrow, input);
        MemoryMarshal.Write(sample.Bytes[((33 * Columns + 299) * sizeof(ushort))..], bits);
        using PackedMatrix wide = PackedMatrix.Pack(sample.Tensor, team, KernelWidth.Bits128);
        float[] output = LinearRunner.Run(team, wide, input);
        float weight = (float)BitConverter.UInt16BitsToHalf(bits);
        for (int i = 0; i < 40; i++)
        {
            if (i != 33)
                Assert.Equal(expected[i], output[i]);
            else if (!float.IsFinite(weight))
                Assert.False(float.IsFinite(output[i]));
            else
                Assert.Equal(weight * input[299], output[i], tolerance: 100);
        }

        Assert.True(wide.ByteLength > narrow.ByteLength);
    }

    [Fact]
    public void Assembled_code_keeps_halves_of_any_size_as_they_are_with_the_bits_of_floats()
    {
        Assert.SkipUnless(VnniSupport.IsSupported, "Needs AVX-512 VNNI.");
        const int Columns = 300;
        using var sample = new WeightSample(TensorType.F16, 70, Columns, seed: 5);
        using var team = new ThreadTeam(2);
        MemoryMarshal.Write(sample.Bytes[((33 * Columns + 299) * sizeof(ushort))..], (Half)60000);
        using PackedMatrix halves = PackedMatrix.Pack(sample.Tensor, team, KernelWidth.Assembled);
        using PackedMatrix floats = PackedMatrix.Pack(sample.Tensor, team, KernelWidth.Bits128);
        Assert.Equal(floats.ByteLength, 2 * halves.ByteLength);
        foreach (int rows in new[] { 1, 7, 40 })
        {
            float[] input = LinearRunner.RandomInput(rows, Columns, seed: rows);
            Assert.Equal(LinearRunner.Run(team, floats, input), LinearRunner.Run(team, halves, input));
        }
    }

    [Fact]
    public unsafe void Panels_of_ieee_halves_have_a_kernel_of_every_width()
    {
        Assert.SkipUnless(VnniSupport.IsSupported, "Needs AVX-512 VNNI.");
        const int Columns = 300, Rows = 40;
        using var sample = new WeightSample(TensorType.F16, Rows, Columns, seed: 5);
        using var team = new ThreadTeam(1);
        using PackedMatrix matrix = PackedMatrix.Pack(sample.Tensor, team, KernelWidth.Assembled);
        float[] input = LinearRunner.RandomInput(1, Columns, seed: 6);
        float[] expected = LinearRunner.Run(team, matrix, input);
        foreach (KernelWidth width in new[] { KernelWidth.Bits128, KernelWidth.Bits256, KernelWidth.Bits512 })
        {
            float[] output = new float[Rows];
            fixed (float* source = input, destination = output)
            {
                var task = new PanelTask
                {
                    Panels = matrix.Panels, PanelBytes = matrix.PanelBytes, EndPanel = matrix.PanelCount, MatrixRows = Rows, Columns = Columns,
                    Input = source, InputRows = 1, TileRows = 1, EndRow = 1, Output = destination, OutputStride = Rows,
                };
                KernelTable.Find(matrix.Layout, width)(in task);
            }

            Assert.Equal(expected, output);
        }
    }

    [Fact]
    public void Scales_that_are_not_finite_are_kept_so()
    {
        foreach (TensorType type in new[] { TensorType.Q8_0, TensorType.Q4_K, TensorType.Q6_K })
        {
            using var sample = new WeightSample(type, 2, 256, seed: 3);
            sample.Bytes[0] = sample.Bytes[BlockFormat.BlockBytes(type) - 2] = 0;
            sample.Bytes[1] = sample.Bytes[BlockFormat.BlockBytes(type) - 1] = 0x7e;
            using var team = new ThreadTeam(1);
            using PackedMatrix weight = PackedMatrix.Pack(sample.Tensor, team);
            float[] output = LinearRunner.Run(team, weight, LinearRunner.RandomInput(1, 256, seed: 4));
            Assert.True(float.IsNaN(output[0]));
            Assert.True(float.IsFinite(output[1]));
        }
    }

    private static unsafe ReadOnlySpan<byte> Panels(PackedMatrix matrix) => new(matrix.Panels, (int)matrix.ByteLength);
}
