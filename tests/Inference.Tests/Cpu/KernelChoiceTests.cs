using Inference.Cpu;
using Inference.Cpu.Assembled;
using Inference.Cpu.Linear;

namespace Inference.Tests.Cpu;

public sealed class KernelChoiceTests
{
    [Theory]
    [InlineData("auto", CpuKernels.Auto)]
    [InlineData("PORTABLE", CpuKernels.Portable)]
    [InlineData("Vector256", CpuKernels.Vector256)]
    public void Names_are_read_in_any_case(string name, CpuKernels expected)
    {
        Assert.True(KernelChoice.TryParse(name, out CpuKernels kernels));
        Assert.Equal(expected, kernels);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("+2")]
    [InlineData("vector1024")]
    [InlineData("Vector128,Vector256")]
    public void What_names_no_kernels_is_refused(string name) => Assert.False(KernelChoice.TryParse(name, out _));

    [Fact]
    public void Devices_compute_with_what_was_asked_for_and_say_so()
    {
        foreach ((CpuKernels kernels, KernelWidth width) in new[]
        {
            (CpuKernels.Vector512, KernelWidth.Bits512), (CpuKernels.Vector256, KernelWidth.Bits256), (CpuKernels.Vector128, KernelWidth.Bits128),
        })
        {
            if (width > KernelTable.Widest)
            {
                var refusal = Assert.Throws<PlatformNotSupportedException>(() => new CpuDevice(1, kernels));
                Assert.Contains(kernels.ToString(), refusal.Message, StringComparison.Ordinal);
                continue;
            }

            using var device = new CpuDevice(1, kernels);
            Assert.Equal($"CPU, {(int)width}-bit vectors, 1 thread", device.Name);
        }
    }

    [Fact]
    public void Assembled_kernels_are_used_or_refused_by_name()
    {
        if (VnniSupport.IsSupported)
            Assert.Equal(KernelWidth.Assembled, KernelChoice.Resolve(CpuKernels.Assembled));
        else
            Assert.Contains("VNNI", Assert.Throws<PlatformNotSupportedException>(() => KernelChoice.Resolve(CpuKernels.Assembled)).Message, StringComparison.Ordinal);
        Assert.Equal(KernelTable.Widest, KernelChoice.Resolve(CpuKernels.Portable));
    }

    [Fact]
    public async Task An_engine_generates_the_same_with_any_kernels()
    {
        var texts = new HashSet<string>();
        foreach (CpuKernels kernels in new[] { CpuKernels.Auto, CpuKernels.Portable, CpuKernels.Vector128 })
        {
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1, Kernels = kernels }, cancellationToken: TestContext.Current.CancellationToken);
            texts.Add((await engine.Submit("Once", new() { MaxOutputTokens = 16 }, TestContext.Current.CancellationToken).Completion).Text);
        }

        Assert.Single(texts);
    }

    [Fact]
    public async Task An_engine_refuses_kernels_that_are_not_defined_or_not_its_own()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Kernels = (CpuKernels)9 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Kernels = CpuKernels.Portable, Device = new CpuDevice(1) }));
    }
}
