using System.Runtime.InteropServices;
using System.Text.Json;

namespace Inference.Tests.Engine;

/// <summary>A committed model with what float64 arithmetic over its dequantised weights gives.</summary>
public sealed record ReferenceModel(string Name, string Path, int[] PromptIds, int[] GreedyIds, double[] Logits)
{
    private static readonly Dictionary<string, string> _paths = new()
    {
        ["stories260Ktok512.gguf"] = TestData.Stories260K,
        ["stories260Ktok512.F16.gguf"] = TestData.Path("models/stories260K/stories260K.F16.gguf"),
        ["stories260Ktok512.Q8_0.gguf"] = TestData.Path("models/stories260K/stories260K.Q8_0.gguf"),
        ["TinyStories-656K.F32.gguf"] = TestData.Path("models/TinyStories-656K"),
        ["TinyStories-656K.BF16.gguf"] = TestData.Path("models/TinyStories-656K/TinyStories-656K.BF16.gguf"),
        ["TinyStories-656K.Q8_0.gguf"] = TestData.Path("models/TinyStories-656K/TinyStories-656K.Q8_0.gguf"),
        ["TinyStories-656K.Q5_1.gguf"] = TestData.Path("models/TinyStories-656K/TinyStories-656K.Q5_1.gguf"),
        ["TinyStories-656K.Q4_0.gguf"] = TestData.Path("models/TinyStories-656K/TinyStories-656K.Q4_0.gguf"),
        ["TinyStories-656K.IQ4_NL.gguf"] = TestData.Path("models/TinyStories-656K/TinyStories-656K.IQ4_NL.gguf"),
    };

    public const string Prompt = "Once upon a time";

    public int[] Continuation => GreedyIds[PromptIds.Length..];

    /// <summary>Every case of the reference, by its name there; those whose file is not committed are read from beside the checkout.</summary>
    public static ReferenceModel Load(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(TestData.Path("models/reference/greedy.json")));
        JsonElement found = document.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("model").GetString() == name);
        string path = _paths.TryGetValue(name, out string? known) ? known : TestData.Shared("models/TinyStories-656K/" + name);
        byte[] logits = File.ReadAllBytes(TestData.Path("models/reference/" + found.GetProperty("last_prompt_pos_logits").GetString()));
        return new ReferenceModel(name, path, Ids("prompt_ids"), Ids("numpy_f64_dequant_greedy_ids"), MemoryMarshal.Cast<byte, double>(logits).ToArray());

        int[] Ids(string property) => found.GetProperty(property).EnumerateArray().Select(id => id.GetInt32()).ToArray();
    }

    /// <summary>The distance from the reference in relation to the reference's length.</summary>
    public double RelativeError(ReadOnlySpan<float> logits)
    {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            difference += (logits[i] - Logits[i]) * (logits[i] - Logits[i]);
            length += Logits[i] * Logits[i];
        }

        return Math.Sqrt(difference / length);
    }
}
