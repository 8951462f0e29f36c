using System.Diagnostics;
using Inference.Formats;

namespace Inference.Benchmarks.Models;

/// <summary>The model that whole steps are measured with.</summary>
/// <remarks>
/// INFERENCE_BENCHMARK_MODEL names a file. Without it, SmolLM2-135M's shape with random weights in Q8_0, or what INFERENCE_BENCHMARK_SHAPE and
/// INFERENCE_BENCHMARK_TYPE say, is made in the folder for temporary files when it is first needed, and kept.
/// </remarks>
internal static class BenchmarkModel
{
    private static readonly Lazy<string> _path = new(Find);
    private static readonly Lazy<long> _weightBytes = new(CountWeights);

    public static string Path => _path.Value;

    /// <summary>Bytes of all weights: what a step of any batch reads, unless embedding and head are two matrices.</summary>
    public static long WeightBytes => _weightBytes.Value;

    private static long CountWeights()
    {
        using ModelFile file = ModelFile.Open(Path);
        return file.Tensors.Values.Sum(tensor => tensor.ByteLength);
    }

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("INFERENCE_BENCHMARK_MODEL") is { Length: > 0 } given)
            return given;
        string shape = Environment.GetEnvironmentVariable("INFERENCE_BENCHMARK_SHAPE") ?? "SmolLM2-135M";
        string type = Environment.GetEnvironmentVariable("INFERENCE_BENCHMARK_TYPE") ?? "Q8_0";
        string folder = Directory.CreateDirectory(System.IO.Path.Combine(System.IO.Path.GetTempPath(), "inference-benchmarks")).FullName;
        string path = System.IO.Path.Combine(folder, $"{shape}-{type}.gguf");
        if (!File.Exists(path))
            Synthesize(path, shape, type);
        return path;
    }

    private static void Synthesize(string path, string shape, string type)
    {
        string program = System.IO.Path.Combine(AppContext.BaseDirectory, "Inference.Cli.dll");
        string vocabulary = System.IO.Path.Combine(AppContext.BaseDirectory, "stories260K.gguf");
        using Process process = Process.Start("dotnet", [program, "synthesize", "--shape", shape, "--type", type, "--vocab", vocabulary, path]);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"No model of shape {shape} and type {type} could be made.");
    }
}
