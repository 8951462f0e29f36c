using Inference.Execution;
using Inference.Ilgpu.Selection;
using Inference.Tests.Engine;

namespace Inference.Ilgpu.Tests.Engine;

/// <summary>Engines whose accelerator selects the greatest logits give the tokens that they give where the host reads every row.</summary>
[Collection(Emulation.Name)]
public sealed class SelectionTests(SharedDevices devices)
{
    private static readonly GenerationOptions[] _kinds =
    [
        new() { Temperature = 0.8f, TopK = 40 },
        new() { Temperature = 1, TopP = 0.9f },
        new(),
        new() { Temperature = 1, TopK = 100, TopP = 0.95f, MinP = 0.01f },
        new() { Temperature = 0.9f, MinP = 0.05f },
        new() { Temperature = 1.5f, TopP = 0.99f },
        new() { Temperature = 1, TopK = 30, RepetitionPenalty = 1.2f },
        new() { Temperature = 1 },
        new() { Temperature = 0.9f, TopP = 0.9f, LogProbabilities = 2 },
    ];

    [Theory]
    [InlineData("OpenCL", 18, 24)]
    [InlineData("Cpu", 4, 3)]
    public async Task Tokens_are_those_of_the_rows(string kind, int count, int length)
    {
        devices.Get(kind);
        using Device device = IlgpuDevice.Create(new() { Accelerators = [kind], SelectsTop = true });
        EngineOptions options = new() { ContextLength = 64, KvBlockSize = 8, KvCacheTokens = 700, MaxTokensPerStep = 16, MaxSequences = 9 };
        IReadOnlyList<int>[] rows = await RunAsync(options with { Device = new DelegatingDevice(device) { IsGuest = true, SelectsNone = true } });
        IReadOnlyList<int>[] selected = await RunAsync(options with { Device = new DelegatingDevice(device) { IsGuest = true } });
        Assert.Equal(rows, selected);

        async Task<IReadOnlyList<int>[]> RunAsync(EngineOptions options)
        {
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options);
            GenerationResult[] results = await Task.WhenAll(Enumerable.Range(0, count).Select(i =>
                engine.Submit("Once", _kinds[i % _kinds.Length] with { Seed = (ulong)i, MaxOutputTokens = length + (i % 3), IgnoreEndOfText = true }).Completion));
            return [.. results.Select(result => result.Tokens)];
        }
    }

    [Fact]
    public async Task What_the_greatest_decide_reads_no_row()
    {
        int read = 0;
        DelegatingDevice device = new(devices.Get("OpenCL"))
        {
            IsGuest = true,
            OnRead = row =>
            {
                Interlocked.Increment(ref read);
                return row.ToArray();
            },
        };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = device, ContextLength = 64 });
        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => engine.Submit("Once", _kinds[i % 4 == 1 ? 0 : i % 4] with { Seed = (ulong)i, MaxOutputTokens = 20 }).Completion));
        Assert.Equal(0, read);
        GenerationResult result = await engine.Submit("Once", new() { Temperature = 0.8f, TopP = 0.9f, Seed = 3, MaxOutputTokens = 40, IgnoreEndOfText = true }).Completion;
        Assert.InRange(read, 0, result.Tokens.Count / 5);
    }

    [Fact]
    public void Rows_are_read_one_by_one_or_all_alike()
    {
        Device device = devices.Get("OpenCL");
        const int Columns = 50;
        using DeviceTensor tensor = device.Allocate(40, Columns);
        float[] values = [.. Enumerable.Range(0, 40 * Columns).Select(i => (float)i)];
        foreach (int rows in (int[])[40, 1, 16, 40])
        {
            tensor.Rows = rows;
            device.WriteRows(tensor, values.AsSpan(0, rows * Columns));
            device.SelectTop(tensor, 2, Enumerable.Repeat(1f, rows).ToArray());
            int[] order = [.. Enumerable.Range(0, rows).OrderBy(row => row * 7 % 41)];
            foreach (int row in (int[])[.. order, .. order])
                Assert.Equal(values.AsSpan(row * Columns, Columns), device.ReadRow(tensor, row));
            var (counts, tokens) = (new int[rows], new int[2 * rows]);
            device.ReadTop(counts, new float[rows], new float[2 * rows], tokens);
            Assert.All(counts, count => Assert.Equal(2, count));
            Assert.Equal(Enumerable.Range(0, rows).SelectMany(_ => (int[])[Columns - 1, Columns - 2]), tokens);
            device.Scale(tensor, 2);
            foreach (int row in order)
                Assert.Equal(2 * values[row * Columns], device.ReadRow(tensor, row)[0]);
            values = [.. values.Select(value => value + 1)];
        }
    }

    [Fact]
    public void What_cannot_be_selected_is_refused()
    {
        Device device = devices.Get("OpenCL");
        using DeviceTensor tensor = device.Allocate(2, 10);
        tensor.Rows = 2;
        device.WriteRows(tensor, new float[20]);
        Assert.Throws<ArgumentException>(() => device.SelectTop(tensor, 1, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.SelectTop(tensor, 0, [1, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.SelectTop(tensor, device.MostSelected + 1, [1, 1]));
        using (Device processor = IlgpuDevice.Create(new() { Accelerators = ["OpenCL"] }))
        {
            Assert.Equal(SelectTopKernel.Most, device.MostSelected);
            // Where an OpenCL device computes in the host's memory, rows need no copying.
            if (processor.Name.Contains("pthread", StringComparison.Ordinal))
            {
                Assert.Equal(0, processor.MostSelected);
                Assert.Throws<NotSupportedException>(() => processor.ReadTop([], [], [], []));
            }
        }

        // One that nobody read before the next.
        device.SelectTop(tensor, 3, [1, 1]);
        device.SelectTop(tensor, 1, [1, 1]);
        var counts = new int[2];
        device.ReadTop(counts, new float[2], new float[2], new int[2]);
        Assert.Equal([1, 1], counts);
    }
}
