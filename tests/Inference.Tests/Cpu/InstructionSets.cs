using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Inference.Cpu;

namespace Inference.Tests.Cpu;

/// <summary>Runs the calling test again in child processes that have instruction sets switched off, and compares the bits.</summary>
internal static class InstructionSets
{
    // Where a child writes its result; its presence says that this process is the child.
    private const string ResultVariable = "INFERENCE_TESTS_RESULT_FILE";

    private static readonly (string Name, string Value)[] _switches =
        [("DOTNET_EnableAVX512", "0"), ("DOTNET_EnableAVX2", "0"), ("DOTNET_EnableHWIntrinsic", "0"), (KernelChoice.Variable, nameof(CpuKernels.Portable))];

    /// <summary>Call it once, from a test without parameters, with all that the test computed.</summary>
    /// <param name="result">The bits, in a form that fits a line; a hash for example.</param>
    public static void AssertSameEverywhere(string result)
    {
        string? file = Environment.GetEnvironmentVariable(ResultVariable);
        if (file is not null)
        {
            File.WriteAllLines(file, [Widest().ToString(System.Globalization.CultureInfo.InvariantCulture), result]);
            return;
        }

        foreach ((string name, string value) in _switches)
        {
            string[] child = RunChild(name, value);
            if (RuntimeInformation.ProcessArchitecture == Architecture.X64 && name != KernelChoice.Variable)
                Assert.True(int.Parse(child[0], System.Globalization.CultureInfo.InvariantCulture) < 512, $"{name}={value} has no effect");
            Assert.True(result == child[1], $"The results differ with {name}={value}.");
        }
    }

    private static int Widest() => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    private static string[] RunChild(string name, string value)
    {
        string file = Path.GetTempFileName();
        try
        {
            string method = $"{TestContext.Current.TestClass!.TestClassName}.{TestContext.Current.TestMethod!.MethodName}";
            string[] arguments = ["exec", typeof(InstructionSets).Assembly.Location, "-method", method];
            var start = new ProcessStartInfo(Host(), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment[name] = value;
            start.Environment[ResultVariable] = file;
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{output}{errors.Result}");
            return File.ReadAllLines(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    // The executable that runs this process's framework: <root>/shared/Microsoft.NETCore.App/<version>/.
    private static string Host() =>
        Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
}
