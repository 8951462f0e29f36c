using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Tests.Intrinsics;

[Collection(Emulation.Name)]
public class AsyncCopyTests
{
    private const int Stages = 3;

    [Fact]
    public void Stages_in_turn_bring_everything()
    {
        using TestQueue test = new(AcceleratorKind.Cpu);
        const int Steps = 7;
        IntQuad[] values = [.. Enumerable.Range(0, 32 * Steps).Select(i => new IntQuad { A = i, B = i * 3, C = -i, D = i ^ 5 })];
        using var source = test.Queue.Accelerator.Allocate1D(values);
        using var sums = test.Queue.Accelerator.Allocate1D<int>(32);
        test.Queue.Accelerator.LoadKernel<ArrayView<IntQuad>, ArrayView<int>, int>(Sum)(test.Queue.Stream, (1, 32), source.View, sums.View, Steps);
        test.Queue.Stream.Synchronize();
        int[] expected = [.. Enumerable.Range(0, 32).Select(lane => Enumerable.Range(0, Steps).Aggregate(0, (sum, step) => Add(sum, values[(step * 32) + 31 - lane])))];
        Assert.Equal(expected, sums.GetAsArray1D());
    }

    [Fact]
    public void Ptx_keeps_two_stages_under_way()
    {
        string ptx = PtxText.Of(typeof(AsyncCopyTests), nameof(Sum), 32);
        Assert.Contains("cp.async.cg.shared.global", ptx, StringComparison.Ordinal);
        Assert.Contains("cp.async.wait_group 1;", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.shared.v4", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain("cvta.to.shared", ptx, StringComparison.Ordinal);
        PtxText.Assemble(ptx, "sm_90");
    }

    internal static void Sum(ArrayView<IntQuad> source, ArrayView<int> sums, int steps)
    {
        ArrayView<IntQuad> stages = SharedMemory.Allocate<IntQuad>(Stages * 32);
        int lane = Group.IdxX;
        for (int step = 0; step < Stages - 1; step++)
        {
            if (step < steps)
                AsyncCopy.Copy16(ref source[step * 32 + lane], ref stages[step * 32 + lane]);
            AsyncCopy.Commit();
        }

        int sum = 0;
        for (int step = 0; step < steps; step++)
        {
            AsyncCopy.Wait1();
            Group.Barrier();
            int next = step + Stages - 1;
            if (next < steps)
                AsyncCopy.Copy16(ref source[next * 32 + lane], ref stages[next % Stages * 32 + lane]);
            AsyncCopy.Commit();
            sum = Add(sum, stages[step % Stages * 32 + 31 - lane]);
        }

        sums[lane] = sum;
    }

    private static int Add(int sum, IntQuad values) => sum * 31 + values.A + values.B * 2 + values.C * 4 + values.D * 8;
}
