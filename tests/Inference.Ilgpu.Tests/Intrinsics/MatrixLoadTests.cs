using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Tests.Intrinsics;

[Collection(Emulation.Name)]
public class MatrixLoadTests
{
    [Fact]
    public void Each_thread_gets_its_word_of_each_matrix_from_the_rows_that_others_name()
    {
        using TestQueue test = new(AcceleratorKind.Cpu);
        // Which row lies where is no business of the matrices: 7 is odd, so all are different.
        static int Place(int row) => row * 7 % 32;
        IntQuad[] words = [.. Enumerable.Range(0, 32).Select(i => new IntQuad { A = 4 * i, B = (4 * i) + 1, C = (4 * i) + 2, D = (4 * i) + 3 })];
        using var source = test.Queue.Accelerator.Allocate1D(words);
        using var places = test.Queue.Accelerator.Allocate1D(Enumerable.Range(0, 32).Select(Place).ToArray());
        using var four = test.Queue.Accelerator.Allocate1D<IntQuad>(32);
        using var two = test.Queue.Accelerator.Allocate1D<IntPair>(32);
        var kernel = test.Queue.Accelerator.LoadKernel<ArrayView<IntQuad>, ArrayView<int>, ArrayView<IntQuad>, ArrayView<IntPair>>(Load);
        kernel(test.Queue.Stream, (1, 32), source.View, places.View, four.View, two.View);
        test.Queue.Stream.Synchronize();
        IntQuad[] quads = four.GetAsArray1D();
        IntPair[] pairs = two.GetAsArray1D();
        for (int lane = 0; lane < 32; lane++)
        {
            int Expected(int matrix) => (Place((matrix * 8) + (lane / 4)) * 4) + (lane % 4);
            Assert.Equal((Expected(0), Expected(1), Expected(2), Expected(3)), (quads[lane].A, quads[lane].B, quads[lane].C, quads[lane].D));
            Assert.Equal((Expected(0), Expected(1)), (pairs[lane].A, pairs[lane].B));
        }
    }

    [Fact]
    public void Ptx_copies_past_the_registers_and_loads_matrices()
    {
        string ptx = PtxText.Of(typeof(MatrixLoadTests), nameof(Load), 32);
        Assert.Contains("ldmatrix.sync.aligned.m8n8.x4.shared.b16", ptx, StringComparison.Ordinal);
        Assert.Contains("ldmatrix.sync.aligned.m8n8.x2.shared.b16", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain("st.shared", ptx, StringComparison.Ordinal);
        // Both want addresses that are multiples of 16.
        Assert.Matches(@"\.shared \.align (16|32|64|128|256) ", ptx);
        // The copy, its end, the wait, the barrier, and only then the load.
        Assert.Matches(@"(?s)cp\.async\.cg\.shared\.global[^;]*, 16;.*cp\.async\.commit_group;.*cp\.async\.wait_group 0;.*bar(rier)?\.(cta\.)?sync.*ldmatrix", ptx);
        // Addresses are already those of the spaces; only a kernel's own parameters are converted.
        Assert.DoesNotContain("cvta.to.shared", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain("cvta.shared", ptx, StringComparison.Ordinal);
        PtxText.Assemble(ptx, "sm_90");
    }

    internal static void Load(ArrayView<IntQuad> source, ArrayView<int> places, ArrayView<IntQuad> four, ArrayView<IntPair> two)
    {
        ArrayView<IntQuad> rows = SharedMemory.Allocate<IntQuad>(32);
        int lane = Group.IdxX;
        AsyncCopy.Copy16(ref source[lane], ref rows[lane]);
        AsyncCopy.Commit();
        AsyncCopy.Wait0();
        Group.Barrier();
        four[lane] = MatrixLoad.Four(ref rows[places[lane]]);
        two[lane] = MatrixLoad.Two(ref rows[places[lane]]);
    }
}
