using System.Runtime.InteropServices;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Attention;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Tests.Attention;

/// <summary>Attention on tensor cores beyond a chunk's end, with few enough groups for the emulation.</summary>
[Collection(Emulation.Name)]
public class TileAttendKernelTests
{
    private const int Length = 261;
    private const int BlockSize = 16;

    [Theory]
    [InlineData(4, 4, 16, null, 0f, false, 5)]
    [InlineData(2, 1, 80, 5, 0f, true, 3)]
    [InlineData(3, 1, 24, 256, 20f, true, 2)]
    [InlineData(18, 18, 8, null, 0f, false, 2)]
    public void Walked_and_spread_chunks_give_the_same_bits_to_rows_in_any_tile(int heads, int headsPerKey, int headSize, int? window, float softCap, bool hasSinks, int rows)
    {
        AttentionShape shape = new(heads, heads / headsPerKey, headSize, 1 / MathF.Sqrt(headSize)) { Window = window, SoftCap = softCap };
        using TestQueue test = new(AcceleratorKind.Cpu, TileChunk.Warps);
        using AttentionKernels walking = new(test.Queue) { EnoughTiles = 1 }, spreading = new(test.Queue) { EnoughTiles = int.MaxValue };
        using StepBuffers step = new(test.Queue);
        using IlgpuKvCache cache = new(test.Queue, new KvCacheShape(1, 20, BlockSize, shape.KvHeads, headSize, KvCacheType.F16));
        Assert.True(cache.IsTiled);
        var random = new Random(headSize);
        int[] blocks = [.. Enumerable.Range(0, 20)];
        random.Shuffle(blocks);
        int width = heads * headSize, keyWidth = shape.KvHeads * headSize;
        float[] queryValues = HostTensor.Normal(random, Length * width, 1.5f), keyValues = HostTensor.Normal(random, Length * keyWidth, 1.5f), valueValues = HostTensor.Normal(random, Length * keyWidth);
        // What no row but the last sees leaves no trace in the others.
        valueValues[((Length - 1) * keyWidth) + 3] = float.NaN;
        float[]? sinkValues = hasSinks ? HostTensor.Normal(random, heads, 3f) : null;
        using var queries = test.Put(queryValues);
        using var keys = test.Put(keyValues);
        using var values = test.Put(valueValues);
        using var sinks = test.Put(sinkValues ?? [0]);
        using var output = test.Queue.Accelerator.Allocate1D<float>(Length * width);
        StepBatch batch = new();
        batch.Add(new int[Length], 0, blocks.AsSpan(0, 17), wantsLogits: false);
        step.Begin(batch);
        walking.RotateAndStore(queries.View, keys.View, values.View, null, shape, cache, 0, step);

        float[] walked = Attend(walking, 255, rows), spread = Attend(spreading, 255, rows);
        AssertSameBits(walked, spread);
        AssertSameBits(walked.AsSpan(width, width), Attend(spreading, 256, 1));
        if (headsPerKey == 1)
        {
            float[] all = Attend(walking, 255, 6);
            AssertSameBits(walked, all.AsSpan(0, rows * width));
            Assert.All(all[(5 * width)..((5 * width) + headSize)], value => Assert.True(float.IsNaN(value)));
        }

        for (int row = 0; row < rows; row++)
        {
            for (int head = 0; head < heads; head++)
                AssertClose(Expected(255 + row, head), walked.AsSpan((row * width) + (head * headSize), headSize));
        }

        float[] Attend(AttentionKernels kernels, int first, int count)
        {
            batch.Clear();
            batch.Add(new int[count], first, blocks.AsSpan(0, 17), wantsLogits: false);
            step.Begin(batch);
            kernels.Attend(queries.View.SubView(first * width, count * width), shape, hasSinks ? sinks.View : null, cache, 0, output.View.SubView(0, count * width), step);
            return test.Get(output)[..(count * width)];
        }

        double[] Expected(int position, int head)
        {
            int keyHead = head / headsPerKey, start = window is { } seen ? Math.Max(0, position - seen + 1) : 0;
            double[] scores = [.. Enumerable.Range(start, position + 1 - start).Select(p =>
            {
                double score = shape.Scale * Enumerable.Range(0, headSize).Sum(i => (double)queryValues[(position * width) + (head * headSize) + i] * (double)(Half)keyValues[(p * keyWidth) + (keyHead * headSize) + i]);
                return softCap > 0 ? softCap * Math.Tanh(score / softCap) : score;
            })];
            double sum = scores.Sum(Math.Exp) + (sinkValues is null ? 0 : Math.Exp(sinkValues[head]));
            return [.. Enumerable.Range(0, headSize).Select(i => scores.Select((score, p) => Math.Exp(score) / sum * (double)(Half)valueValues[((start + p) * keyWidth) + (keyHead * headSize) + i]).Sum())];
        }
    }

    // Queries and weights are rounded to 11 bits.
    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual)
    {
        double difference = 0;
        for (int i = 0; i < expected.Length; i++)
            difference += Math.Pow(expected[i] - actual[i], 2);
        Assert.InRange(Math.Sqrt(difference), 0, 1.5e-3 * Math.Sqrt(expected.Sum(x => x * x)));
    }

    private static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        Assert.True(MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes(actual)));
}
