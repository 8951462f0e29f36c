namespace Inference.Ilgpu.Tests;

[Collection(Emulation.Name)]
public class CreationTests
{
    [Fact]
    public void The_emulation_is_used_only_where_it_is_named()
    {
        IReadOnlyList<AcceleratorDescription> found = IlgpuDevice.List();
        Assert.Equal(AcceleratorKind.Cpu, found[^1].Kind);
        using (Execution.Device device = IlgpuDevice.Create(new IlgpuOptions { Accelerators = ["cpu"] }))
            Assert.StartsWith("Cpu ", device.Name, StringComparison.Ordinal);
        using (Execution.Device device = IlgpuDevice.Create(new IlgpuOptions { Accelerators = [found[^1].Name] }))
            Assert.StartsWith("Cpu ", device.Name, StringComparison.Ordinal);
        if (found.Count > 1)
        {
            using Execution.Device best = IlgpuDevice.Create();
            Assert.StartsWith(found[0].Kind.ToString(), best.Name, StringComparison.Ordinal);
            return;
        }

        AcceleratorNotFoundException refusal = Assert.Throws<AcceleratorNotFoundException>(() => IlgpuDevice.Create());
        Assert.Contains(found[0].Name, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Cpu", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GeForce 256")]
    [InlineData("")]
    [InlineData("7")]
    public void What_is_not_here_is_refused_with_what_is(string name)
    {
        AcceleratorNotFoundException refusal = Assert.Throws<AcceleratorNotFoundException>(() => IlgpuDevice.Create(new IlgpuOptions { Accelerators = [name] }));
        Assert.Contains($"'{name}'", refusal.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refusal.Found);
    }

    [Fact]
    public void Options_are_checked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(nameof(IlgpuOptions.MemoryFraction), () => IlgpuDevice.Create(new IlgpuOptions { MemoryFraction = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(IlgpuOptions.MemoryFraction), () => IlgpuDevice.Create(new IlgpuOptions { MemoryFraction = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(IlgpuOptions.GpuLayers), () => IlgpuDevice.Create(new IlgpuOptions { GpuLayers = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(IlgpuOptions.Threads), () => IlgpuDevice.Create(new IlgpuOptions { Threads = 0 }));
    }
}
