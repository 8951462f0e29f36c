using System.Text.Json;

namespace Inference.Tests.Cli;

/// <summary>What greedy decoding gives in float64, committed with the models.</summary>
internal static class Greedy
{
    /// <summary>The first ids that follow the prompt "Once upon a time".</summary>
    public static int[] Ids(string model, int count)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(TestData.Path("models/reference/greedy.json")));
        JsonElement reference = document.RootElement.GetProperty("cases").EnumerateArray().First(c => c.GetProperty("model").GetString() == model);
        int prompt = reference.GetProperty("prompt_ids").GetArrayLength();
        return [.. reference.GetProperty("numpy_f64_dequant_greedy_ids").EnumerateArray().Skip(prompt).Take(count).Select(id => id.GetInt32())];
    }
}
