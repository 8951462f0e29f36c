using System.Runtime.InteropServices;
using System.Text.Json;
using Inference.Formats;

namespace Inference.Tests.Formats;

/// <summary>The committed blocks that another implementation quantised and decoded.</summary>
internal static class QuantVectors
{
    public static readonly TensorType[] Types =
    [
        TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1,
        TensorType.Q2_K, TensorType.Q3_K, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K,
        TensorType.IQ4_NL, TensorType.IQ4_XS, TensorType.MXFP4,
    ];

    public static float[] Input { get; } = Floats("input_f32.bin");

    public static byte[] Quantized(TensorType type) => File.ReadAllBytes(PathOf($"{FileName(type)}.q.bin"));

    public static float[] Decoded(TensorType type) => Floats($"{FileName(type)}.deq_f32.bin");

    public static (int BlockSize, int BlockBytes, double Error) Entry(TensorType type)
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(PathOf("manifest.json")));
        JsonElement entry = manifest.RootElement.GetProperty("types").EnumerateArray()
            .Single(e => e.GetProperty("ggml_type_id").GetInt32() == (int)type);
        return (entry.GetProperty("block_size").GetInt32(), entry.GetProperty("block_bytes").GetInt32(),
            entry.GetProperty("rel_rmse").GetDouble());
    }

    public static double RelativeError(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double error = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error += Math.Pow((double)expected[i] - actual[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(error / norm);
    }

    private static float[] Floats(string file) =>
        MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(PathOf(file))).ToArray();

    private static string PathOf(string file) => TestData.Path(Path.Combine("quant-vectors", file));

    // Files are named as llama.cpp names types: q4_0, q4_K, iq4_nl.
    private static string FileName(TensorType type) => type.ToString().ToLowerInvariant().Replace("_k", "_K", StringComparison.Ordinal);
}
