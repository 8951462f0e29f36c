using System.Collections.Concurrent;
using Inference.Cpu.Assembled;
using Inference.Cpu.Linear;
using Inference.Formats;

namespace Inference.Tests.Cpu.Assembled;

public sealed unsafe class AssembledTilesTests
{
    [Theory]
    [InlineData(TensorType.Q5_1, 16, 1)]
    [InlineData(TensorType.BF16, 6, 4)]
    [InlineData(TensorType.F16, 12, 2)]
    public void Threads_that_need_a_function_at_the_same_time_get_the_same_one(TensorType type, int rows, int panels)
    {
        Assert.SkipUnless(VnniSupport.IsSupported, "Needs AVX-512 VNNI.");
        PanelLayout layout = PanelLayout.For(type, isIeee: true)!;
        var addresses = new ConcurrentBag<nint>();
        Parallel.For(0, 64, _ => addresses.Add(AssembledTiles.Find(layout)->Find(rows, panels)));
        nint address = Assert.Single(addresses.Distinct());
        Assert.NotEqual(0, address);
        Assert.NotEqual(address, AssembledTiles.Find(layout)->Find(rows - 1, panels));
    }
}
