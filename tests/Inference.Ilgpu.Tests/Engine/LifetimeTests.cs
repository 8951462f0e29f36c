using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Tests.Engine;

/// <summary>Devices that come and go, several at once.</summary>
[Collection(Emulation.Name)]
public sealed class LifetimeTests
{
    private static readonly string _model = TestData.Path("models/stories260K/stories260K.Q8_0.gguf");

    [Fact]
    public async Task Engines_load_compute_and_end_beside_each_other()
    {
        string[] kinds = [.. IlgpuDevice.List().Select(found => found.Kind.ToString()).Distinct()];
        // The last device of the process may end while another begins.
        int[][] tokens = await Task.WhenAll(kinds.Select(kind => Task.Run(async () =>
        {
            int[] first = await GenerateAsync(kind);
            using (Create(kind))
                return first;
        })));
        Assert.All(tokens, one => Assert.Equal(tokens[0], one));
    }

    [Fact]
    public async Task A_load_that_fails_or_is_given_up_leaves_nothing_behind()
    {
        await Assert.ThrowsAnyAsync<IOException>(() => InferenceEngine.LoadAsync("/nowhere/model.gguf", Emulated()));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => InferenceEngine.LoadAsync(_model, Emulated() with { MaxSequences = 0 }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => InferenceEngine.LoadAsync(_model, Emulated(), cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal(2, (await GenerateAsync("Cpu")).Length);
    }

    [Fact]
    public void Devices_are_disposed_in_any_order_and_twice()
    {
        using Execution.Device first = Create("Cpu"), second = Create("Cpu");
        first.Dispose();
        using (Execution.Device third = Create("Cpu"))
            second.Dispose();
        using Execution.Device fourth = Create("Cpu");
        using Execution.DeviceTensor tensor = fourth.Allocate(1, 4);
        tensor.Rows = 1;
        Assert.Equal(4, fourth.ReadRow(tensor, 0).Length);
    }

    [Fact]
    public void Options_that_cannot_be_are_refused_by_name()
    {
        foreach (double fraction in (double[])[0, -1, 1.01, double.NaN, double.PositiveInfinity])
            Assert.Equal(nameof(IlgpuOptions.MemoryFraction), Assert.Throws<ArgumentOutOfRangeException>(() => IlgpuDevice.Create(new() { Accelerators = ["Cpu"], MemoryFraction = fraction })).ParamName);
        Assert.Equal(nameof(IlgpuOptions.GpuLayers), Assert.Throws<ArgumentOutOfRangeException>(() => IlgpuDevice.Create(new() { Accelerators = ["Cpu"], GpuLayers = -1 })).ParamName);
        foreach (int threads in (int[])[0, -1, int.MaxValue])
            Assert.Equal(nameof(IlgpuOptions.Threads), Assert.Throws<ArgumentOutOfRangeException>(() => IlgpuDevice.Create(new() { Accelerators = ["Cpu"], Threads = threads })).ParamName);
        Assert.Throws<ArgumentNullException>(() => IlgpuDevice.Create(new() { Accelerators = null! }));
        foreach (string name in (string[])["", " ", "\0", "no such card", "-1", "Cpu, Cuda", new string('x', 100_000)])
            Assert.Throws<AcceleratorNotFoundException>(() => IlgpuDevice.Create(new() { Accelerators = [name] }));
        Assert.ThrowsAny<ArgumentException>(() => IlgpuDevice.Create(new() { Accelerators = [null!] }));
        Assert.Throws<AcceleratorNotFoundException>(() => IlgpuDevice.Create(new() { Accelerators = ["Cpu", "no such card"] }));
    }

    [Fact]
    public void The_emulation_is_not_used_unless_it_is_named()
    {
        if (IlgpuDevice.List().Any(found => found.Kind != AcceleratorKind.Cpu))
        {
            using Execution.Device device = IlgpuDevice.Create();
            Assert.DoesNotContain("emulat", device.Name, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(AcceleratorKind.Cpu.ToString(), device.Name.Split(' ')[0], StringComparison.Ordinal);
            return;
        }

        Assert.Contains("emulation", Assert.Throws<AcceleratorNotFoundException>(() => IlgpuDevice.Create()).Message, StringComparison.Ordinal);
    }

    private static Execution.Device Create(string kind) => IlgpuDevice.Create(new IlgpuOptions { Accelerators = [kind] });

    private static EngineOptions Emulated() => new() { Device = Create("Cpu"), ContextLength = 32, KvCacheTokens = 64 };

    private static async Task<int[]> GenerateAsync(string kind)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(_model, new EngineOptions { Device = Create(kind), ContextLength = 32, KvCacheTokens = 64 });
        return [.. (await engine.Submit("Once upon a time", new() { MaxOutputTokens = 2, IgnoreEndOfText = true }).Completion).Tokens];
    }
}
