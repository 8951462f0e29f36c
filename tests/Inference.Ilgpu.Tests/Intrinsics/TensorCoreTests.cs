using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Tests.Intrinsics;

[Collection(Emulation.Name)]
public class TensorCoreTests
{
    [Theory]
    [InlineData(32)]
    [InlineData(16)]
    public void Bytes_are_multiplied_as_the_fragments_say(int depth)
    {
        using TestQueue test = new(AcceleratorKind.Cpu);
        var random = new Random(1);
        sbyte[] first = new sbyte[16 * depth], second = new sbyte[depth * 8];
        random.NextBytes((byte[])(Array)first);
        random.NextBytes((byte[])(Array)second);
        IntQuad[] a = new IntQuad[32];
        IntPair[] b = new IntPair[32];
        for (int lane = 0; lane < 32; lane++)
        {
            (int g, int t) = (lane / 4, lane % 4 * 4);
            int Row(int row, int start) => depth <= start ? 0 : Word(i => first[(row * depth) + start + t + i]);
            int Column(int start) => depth <= start ? 0 : Word(i => second[((start + t + i) * 8) + g]);
            a[lane] = new IntQuad { A = Row(g, 0), B = Row(g + 8, 0), C = Row(g, 16), D = Row(g + 8, 16) };
            b[lane] = new IntPair { A = Column(0), B = Column(16) };
        }

        using var aBuffer = test.Queue.Accelerator.Allocate1D(a);
        using var bBuffer = test.Queue.Accelerator.Allocate1D(b);
        using var result = test.Queue.Accelerator.Allocate1D<IntQuad>(32);
        test.Queue.Accelerator.LoadStreamKernel<ArrayView<IntQuad>, ArrayView<IntPair>, ArrayView<IntQuad>, int>(MultiplyBytes)((1, 32), aBuffer.View, bBuffer.View, result.View, depth);
        IntQuad[] actual = result.GetAsArray1D();
        for (int lane = 0; lane < 32; lane++)
        {
            (int g, int c) = (lane / 4, lane % 4 * 2);
            int Expected(int row, int column) => 7 + Enumerable.Range(0, depth).Sum(k => first[(row * depth) + k] * second[(k * 8) + column]);
            Assert.Equal((Expected(g, c), Expected(g, c + 1), Expected(g + 8, c), Expected(g + 8, c + 1)), (actual[lane].A, actual[lane].B, actual[lane].C, actual[lane].D));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Halves_are_multiplied_as_the_fragments_say(bool isBFloat)
    {
        using TestQueue test = new(AcceleratorKind.Cpu);
        var random = new Random(2);
        int Bits() => isBFloat ? (int)(BitConverter.SingleToUInt32Bits(random.NextSingle() - 0.5f) >> 16) : BitConverter.HalfToUInt16Bits((System.Half)(random.NextSingle() - 0.5f));
        double Value(int bits) => isBFloat ? BitConverter.Int32BitsToSingle(bits << 16) : (double)BitConverter.UInt16BitsToHalf((ushort)bits);
        int[] first = [.. Enumerable.Range(0, 256).Select(_ => Bits())], second = [.. Enumerable.Range(0, 128).Select(_ => Bits())];
        IntQuad[] a = new IntQuad[32];
        IntPair[] b = new IntPair[32];
        for (int lane = 0; lane < 32; lane++)
        {
            (int g, int t) = (lane / 4, lane % 4 * 2);
            int Row(int row, int start) => first[(row * 16) + start + t] | first[(row * 16) + start + t + 1] << 16;
            int Column(int start) => second[((start + t) * 8) + g] | second[((start + t + 1) * 8) + g] << 16;
            a[lane] = new IntQuad { A = Row(g, 0), B = Row(g + 8, 0), C = Row(g, 8), D = Row(g + 8, 8) };
            b[lane] = new IntPair { A = Column(0), B = Column(8) };
        }

        using var aBuffer = test.Queue.Accelerator.Allocate1D(a);
        using var bBuffer = test.Queue.Accelerator.Allocate1D(b);
        using var result = test.Queue.Accelerator.Allocate1D<FloatQuad>(32);
        test.Queue.Accelerator.LoadStreamKernel<ArrayView<IntQuad>, ArrayView<IntPair>, ArrayView<FloatQuad>, int>(MultiplyFloats)((1, 32), aBuffer.View, bBuffer.View, result.View, isBFloat ? 1 : 0);
        FloatQuad[] actual = result.GetAsArray1D();
        for (int lane = 0; lane < 32; lane++)
        {
            (int g, int c) = (lane / 4, lane % 4 * 2);
            double Expected(int row, int column) => 1 + Enumerable.Range(0, 16).Sum(k => Value(first[(row * 16) + k]) * Value(second[(k * 8) + column]));
            Assert.Equal(Expected(g, c), actual[lane].A, 1e-6);
            Assert.Equal(Expected(g, c + 1), actual[lane].B, 1e-6);
            Assert.Equal(Expected(g + 8, c), actual[lane].C, 1e-6);
            Assert.Equal(Expected(g + 8, c + 1), actual[lane].D, 1e-6);
        }
    }

    [Theory]
    [InlineData(nameof(MultiplyBytes), "m16n8k32.row.col.s32.s8.s8.s32", "m16n8k16.row.col.s32.s8.s8.s32")]
    [InlineData(nameof(MultiplyFloats), "m16n8k16.row.col.f32.f16.f16.f32", "m16n8k16.row.col.f32.bf16.bf16.f32")]
    public void Ptx_has_the_instructions_and_keeps_operands_in_registers(string kernel, string one, string other)
    {
        string ptx = PtxText.Of(typeof(TensorCoreTests), kernel, 32);
        Assert.Contains(one, ptx, StringComparison.Ordinal);
        Assert.Contains(other, ptx, StringComparison.Ordinal);
        Assert.Contains("ld.global.v4", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
    }

    internal static void MultiplyBytes(ArrayView<IntQuad> first, ArrayView<IntPair> second, ArrayView<IntQuad> result, int depth)
    {
        int lane = Group.IdxX;
        IntQuad start = new() { A = 7, B = 7, C = 7, D = 7 };
        IntQuad words = first[lane];
        if (depth == 32)
            result[lane] = TensorCore.Bytes32(words, second[lane], start);
        else
            result[lane] = TensorCore.Bytes16(new IntPair { A = words.A, B = words.B }, second[lane].A, start);
    }

    internal static void MultiplyFloats(ArrayView<IntQuad> first, ArrayView<IntPair> second, ArrayView<FloatQuad> result, int isBFloat)
    {
        int lane = Group.IdxX;
        FloatQuad start = new() { A = 1, B = 1, C = 1, D = 1 };
        if (isBFloat != 0)
            result[lane] = TensorCore.BFloats(first[lane], second[lane], start);
        else
            result[lane] = TensorCore.Halves(first[lane], second[lane], start);
    }

    private static int Word(Func<int, int> value) => Enumerable.Range(0, 4).Aggregate(0, (word, i) => word | (value(i) & 0xFF) << (8 * i));
}
