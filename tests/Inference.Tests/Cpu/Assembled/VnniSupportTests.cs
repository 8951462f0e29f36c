using System.Runtime.Intrinsics.X86;
using Inference.Cpu.Assembled;

namespace Inference.Tests.Cpu.Assembled;

public sealed class VnniSupportTests
{
    /// <summary>What programs compiled ahead of time rely on; the runtime may have been told to report less than there is.</summary>
    [Fact]
    public void The_processor_says_no_less_than_the_runtime_does()
    {
        Assert.SkipUnless(X86Base.IsSupported && ExecutableMemory.IsSupported, "Needs x86.");
        bool reported = Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported;
        Assert.True(VnniSupport.HasAvx512() || !reported);
        bool disabled = Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(name => name.StartsWith("DOTNET_Enable", StringComparison.OrdinalIgnoreCase));
        Assert.True(reported || disabled || !VnniSupport.HasAvx512());
    }
}
