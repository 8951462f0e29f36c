using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Inference.Cpu;
using Inference.Cpu.Linear;
using Inference.Formats;

namespace Inference.Tests.Cpu.Linear;

/// <summary>The same bits whatever the processor has: in this process by register width, in others with instruction sets switched off.</summary>
public sealed class InstructionSetTests
{
    // Names the file that a child process writes its hash to.
    private const string HashFile = "INFERENCE_TESTS_LINEAR_HASH_FILE";

    [Fact]
    public void Every_register_width_computes_the_same_bits()
    {
        string hash = HashOutputs(KernelWidth.Widest);
        foreach (KernelWidth width in new[] { KernelWidth.Bits128, KernelWidth.Bits256, KernelWidth.Bits512 })
        {
            if (width <= KernelTable.Widest)
                Assert.Equal(hash, HashOutputs(width));
            else
                Assert.Throws<PlatformNotSupportedException>(() => HashOutputs(width));
        }

        if (Environment.GetEnvironmentVariable(HashFile) is { } file)
            File.WriteAllText(file, hash);
    }

    [Theory]
    [InlineData(KernelChoice.Variable + "=portable")]
    [InlineData(KernelChoice.Variable + "=Vector128")]
    [InlineData("DOTNET_EnableAVX512", "DOTNET_EnableAVX512F")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableAVX")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public void Instruction_sets_switched_off_change_no_bit(params string[] settings)
    {
        string file = Path.GetTempFileName();
        try
        {
            RunChild(file, settings);
            Assert.Equal(HashOutputs(KernelWidth.Widest), File.ReadAllText(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void RunChild(string file, string[] settings)
    {
        string assembly = typeof(InstructionSetTests).Assembly.Location;
        var start = new ProcessStartInfo(Host())
        {
            ArgumentList = { "exec", assembly, "-method", $"{typeof(InstructionSetTests).FullName}.{nameof(Every_register_width_computes_the_same_bits)}" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[HashFile] = file;
        foreach (string setting in settings)
            start.Environment[setting.Split('=')[0]] = setting.Contains('=') ? setting.Split('=')[1] : "0";

        using Process child = Process.Start(start)!;
        Task<string> error = child.StandardError.ReadToEndAsync();
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, output + error.Result);
    }

    // The dotnet executable that runs this process's framework: <root>/shared/Microsoft.NETCore.App/<version>/.
    private static string Host() =>
        Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    private static string HashOutputs(KernelWidth width)
    {
        using var team = new ThreadTeam(1);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TensorType type in WeightSample.Types)
        {
            // Plain numbers in one run of columns and a part, and in two and a part. Every height of a tile and one beyond it; a whole panel with part of another, and an odd number of panels.
            int columns = BlockFormat.IsQuantized(type) ? 256 : 299;
            AppendOutputs(hash, team, width, type, matrixRows: 21, 2 * columns, [1, 6]);
            AppendOutputs(hash, team, width, type, matrixRows: 37, columns, [.. Enumerable.Range(1, 17)]);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static void AppendOutputs(IncrementalHash hash, ThreadTeam team, KernelWidth width, TensorType type, int matrixRows, int columns, int[] rowCounts)
    {
        using var sample = new WeightSample(type, matrixRows, columns, seed: 1);
        using PackedMatrix weight = PackedMatrix.Pack(sample.Tensor, team, width);
        foreach (int rows in rowCounts)
            hash.AppendData(MemoryMarshal.AsBytes<float>(LinearRunner.Run(team, weight, LinearRunner.RandomInput(rows, columns, seed: 2))));
    }
}
