using ILGPU;
using Inference.Ilgpu.Elements;
using Inference.Ilgpu.Selection;
using Inference.Sampling;
using Inference.Tests.Execution;
using Inference.Tests.Models;

namespace Inference.Ilgpu.Tests.Selection;

/// <summary>The largest elements of rows and the rows' weights against sorting everything.</summary>
[Collection(Emulation.Name)]
public class TopSelectionTests
{
    public static TheoryData<AcceleratorKind> Kinds => [AcceleratorKind.Cpu, AcceleratorKind.OpenCL];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rows_of_every_kind(AcceleratorKind kind)
    {
        using TestQueue test = new(kind);
        using TopSelection whole = new(test.Queue), pieces = new(test.Queue, mostRuns: 64), few = new(test.Queue, mostRuns: 32);
        Random random = new(3);
        // As many runs as elements, fewer, and so few that elements of some must be gathered in rounds. A barrier of the emulation takes long.
        (TopSelection, int, int)[] cases = kind == AcceleratorKind.Cpu
            ? [(whole, 5, 3), (whole, 64, 40), (few, 300, 20), (few, 1500, 256)]
            : [.. from selection in (TopSelection[])[whole, pieces] from columns in (int[])[1, 5, 64, 300, 1024, 1100, 3001] from count in (int[])[1, 2, 40, 100, 255, 256] select (selection, columns, count)];
        foreach ((TopSelection selection, int columns, int count) in cases)
            Check(test, selection, Rows(random, columns), columns, count);
    }

    [Fact]
    public void Rows_of_large_vocabularies()
    {
        using TestQueue test = new(AcceleratorKind.OpenCL);
        using TopSelection selection = new(test.Queue);
        Random random = new(4);
        foreach (int columns in (int[])[32_000, 128_256, 151_936, 262_144])
            Check(test, selection, Rows(random, columns), columns, 256);

        // The largest side by side, of which many share a run or a place in it; ascending and descending.
        const int Columns = 128_256;
        float[] clumped = [.. Enumerable.Range(0, Columns).Select(i => i % 1024 < 20 ? 10 + (i % 7) : -i * 1e-3f)];
        float[] ascending = [.. Enumerable.Range(0, Columns).Select(i => i * 1e-4f)];
        float[] descending = [.. Enumerable.Range(0, Columns).Select(i => -i * 1e-4f)];
        float[] steps = [.. Enumerable.Range(0, Columns).Select(i => (float)(i / 30_000))];
        Check(test, selection, [clumped, ascending, descending, steps], Columns, 256);
        Check(test, selection, [steps, clumped], Columns, 3);
    }

    [Fact]
    public void Rows_too_wide_are_left_to_the_host()
    {
        using TestQueue test = new(AcceleratorKind.OpenCL);
        using TopSelection selection = new(test.Queue, mostRuns: 32);
        const int Columns = (32 * SelectTopKernel.LongestRun) + 1;
        float[] row = HostTensor.Normal(new Random(1), Columns);
        Assert.Equal([-1, -1], Select(test, selection, [.. row, .. row], Columns, 5, [1, 1]).Counts);
        Check(test, selection, [row[1..]], Columns - 1, 256);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_row_has_its_bits_wherever_it_stands(AcceleratorKind kind)
    {
        using TestQueue test = new(kind);
        using TopSelection selection = new(test.Queue, mostRuns: 64);
        const int Columns = 700;
        float[] row = HostTensor.Normal(new Random(5), Columns, 3);
        float[] others = HostTensor.Normal(new Random(6), 4 * Columns, 9);
        var alone = Select(test, selection, row, Columns, 50, [0.7f]);
        var among = Select(test, selection, [.. others, .. row], Columns, 50, [1, 2, 3, 4, 0.7f]);
        var deeper = Select(test, selection, [.. row, .. others], Columns, 200, [0.7f, 1, 2, 3, 4]);
        Assert.Equal(alone.Sums[0], among.Sums[4]);
        Assert.Equal(alone.Sums[0], deeper.Sums[0]);
        Assert.Equal(alone.Tokens, among.Tokens[200..]);
        Assert.Equal(alone.Tokens, deeper.Tokens[..50]);
    }

    [Theory]
    [InlineData(typeof(LeaderKernel))]
    [InlineData(typeof(SelectTopKernel))]
    public void Rows_stay_in_registers(Type kernel)
    {
        string text = PtxText.Of(kernel, "Run", GroupSum.MostThreads);
        Assert.DoesNotContain(".local", text, StringComparison.Ordinal);
        foreach (string architecture in (string[])["sm_80", "sm_90"])
        {
            if (PtxText.Assemble(text, architecture) is { } report)
                Assert.Contains(" 0 bytes spill stores, 0 bytes spill loads", report, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Keys_order_floats_and_prefer_lower_indices()
    {
        float[] values = [float.MinValue, -1.5f, -float.Epsilon, 0, float.Epsilon, 2, float.MaxValue];
        for (int i = 1; i < values.Length; i++)
            Assert.True(OrderedKey.Of(values[i], 9) > OrderedKey.Of(values[i - 1], 0));
        foreach (float value in values)
            Assert.Equal((value, 12345), (OrderedKey.Value(OrderedKey.Of(value, 12345)), OrderedKey.Index(OrderedKey.Of(value, 12345))));
        Assert.True(OrderedKey.Of(-0f, 3) > OrderedKey.Of(0f, 4));
        Assert.True(OrderedKey.Of(float.MinValue, int.MaxValue) > OrderedKey.None);
        // The sampler's own keys, so that both choose alike.
        Assert.Equal(Candidates.Key(-2.5f, 7), OrderedKey.Of(-2.5f, 7));
    }

    // Ties, what is ruled out, and what is no logit.
    private static float[][] Rows(Random random, int columns)
    {
        float[] plain = HostTensor.Normal(random, columns, 3);
        float[] tied = [.. plain.Select(value => MathF.Round(value))];
        float[] equal = [.. plain.Select(_ => -2.5f)];
        float[] zeros = [.. plain.Select((_, i) => i % 2 == 0 ? -0f : 0f)];
        float[] masked = [.. plain.Select((value, i) => i == columns / 2 || random.Next(20) == 0 ? value : float.NegativeInfinity)];
        float[] nothing = [.. plain.Select(_ => float.NegativeInfinity)];
        float[] extreme = [.. plain.Select((value, i) => (i % 3) switch { 0 => value * 1e37f, 1 => float.MinValue, _ => value })];
        float[] notNumber = [.. plain], infinite = [.. plain];
        notNumber[columns - 1] = float.NaN;
        infinite[columns / 3] = float.PositiveInfinity;
        return [plain, tied, equal, zeros, masked, nothing, extreme, notNumber, infinite];
    }

    private static void Check(TestQueue test, TopSelection selection, float[][] rows, int columns, int count)
    {
        float[] temperatures = [.. rows.Select((_, row) => (row % 4) switch { 0 => 1f, 1 => 0.6f, 2 => 0, _ => 7.5f })];
        var (counts, sums, values, tokens) = Select(test, selection, [.. rows.SelectMany(row => row)], columns, count, temperatures);
        for (int row = 0; row < rows.Length; row++)
        {
            PlainSelection expected = PlainSelection.Of(rows[row], count, Math.Max(temperatures[row], 1e-30f));
            Assert.Equal(expected.Count, counts[row]);
            if (expected.Count < 0)
                continue;
            Assert.Equal(expected.Tokens, tokens[(row * count)..][..expected.Count]);
            Assert.Equal(expected.Values, values[(row * count)..][..expected.Count]);
            // Far within the tolerance that samplers have.
            Assert.True(Math.Abs((sums[row] / expected.Sum) - 1) < 4e-6, $"row {row} of {columns}: {sums[row]} instead of {expected.Sum}");
        }
    }

    private static (int[] Counts, float[] Sums, float[] Values, int[] Tokens) Select(TestQueue test, TopSelection selection, float[] rows, int columns, int count, float[] temperatures)
    {
        using var buffer = test.Put(rows);
        var (counts, sums, values, tokens) = (new int[temperatures.Length], new float[temperatures.Length], new float[temperatures.Length * count], new int[temperatures.Length * count]);
        selection.Select(buffer.View, columns, count, temperatures);
        test.Queue.Stream.Synchronize();
        selection.Read(counts, sums, values, tokens);
        return (counts, sums, values, tokens);
    }
}
