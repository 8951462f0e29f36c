using System.Text.Json.Nodes;
using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>Layouts of files that are met beside the usual one of their family: each is the same model.</summary>
public sealed class OtherLayoutTests
{
    [Theory]
    [InlineData("language_model.model.", "language_model.lm_head.")]
    [InlineData("model.language_model.", "lm_head.")]
    public async Task Gemma_3_beside_a_vision_model(string prefix, string head)
    {
        OracleCase model = Case("gemma3: two bases");
        Dictionary<string, PlainTensor> weights = RandomModel.Create(model.Shape, 1);
        var text = new CheckpointFolder(model.Shape, weights);
        var whole = new CheckpointFolder(model.Shape, weights) { Config = { ["model_type"] = "gemma3", ["text_config"] = text.Config.DeepClone() } };
        foreach (string key in text.Config.Select(m => m.Key).Where(k => k is not "model_type" and not "torch_dtype"))
            whole.Config.Remove(key);
        whole.Config["vision_config"] = new JsonObject { ["model_type"] = "siglip_vision_model", ["hidden_size"] = 8, ["num_hidden_layers"] = 1 };
        whole.Tensors.Clear();
        foreach ((string name, PlainTensor tensor) in text.Tensors)
            whole.Tensors[name.StartsWith("lm_head.", StringComparison.Ordinal) ? head + name[8..] : prefix + name["model.".Length..]] = tensor;
        whole.Tensors["vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight"] = new PlainTensor([8, 8], new float[64]);
        whole.Tensors["multi_modal_projector.mm_input_projection_weight"] = new PlainTensor([8, 40], new float[320]);
        using TemporaryFolder folder = new();
        await AssertSame(model, weights, whole.WriteTo(folder));
    }

    [Fact]
    public async Task Mixtral_with_a_tensor_an_expert_in_a_gguf_file()
    {
        OracleCase model = Case("mixtral: 2 of 8");
        Dictionary<string, PlainTensor> weights = RandomModel.Create(model.Shape, 1);
        var file = new GgufModelFile(model.Shape, weights);
        foreach ((string name, PlainTensor stack) in file.Tensors.Where(t => t.Key.Contains("_exps.", StringComparison.Ordinal)).ToArray())
        {
            file.Tensors.Remove(name);
            for (int expert = 0; expert < model.Shape.Experts; expert++)
                file.Tensors[name.Replace("_exps.", $".{expert}.", StringComparison.Ordinal)] = new PlainTensor(stack.Shape[1..], stack.Slice(expert, 1).Values);
        }

        using TemporaryFolder folder = new();
        await AssertSame(model, weights, folder.Write("model.gguf", file.ToBytes()));
    }

    [Fact]
    public async Task Gpt_2_with_a_copy_of_the_tied_head()
    {
        OracleCase model = Case("gpt2: learned positions");
        Dictionary<string, PlainTensor> weights = RandomModel.Create(model.Shape, 1);
        var gguf = new GgufModelFile(model.Shape, weights);
        gguf.Tensors["output.weight"] = gguf.Tensors["token_embd.weight"];
        using TemporaryFolder folder = new();
        await AssertSame(model, weights, folder.Write("model.gguf", gguf.ToBytes()));

        var checkpoint = new CheckpointFolder(model.Shape, weights, CheckpointStyle.Renewed);
        checkpoint.Tensors["lm_head.weight"] = checkpoint.Tensors["transformer.wte.weight"];
        checkpoint.Tensors["transformer.h.0.attn.masked_bias"] = new PlainTensor([1], [-1e4f]);
        using TemporaryFolder other = new();
        await AssertSame(model, weights, checkpoint.WriteTo(other));
    }

    private static OracleCase Case(string name)
    {
        OracleCase model = OracleArchitectures.All.First(c => c.Name.StartsWith(name, StringComparison.Ordinal));
        Assert.SkipUnless(OracleArchitectures.Known.Contains(model.Shape.Family), $"The engine does not compute {model.Shape.Family}.");
        return model;
    }

    private static async Task AssertSame(OracleCase model, Dictionary<string, PlainTensor> weights, string path)
    {
        var random = new Random(1);
        int[] prompt = [.. Enumerable.Range(0, 20).Select(_ => random.Next(model.Shape.Vocabulary))];
        double[] expected = new PlainDecoder(model.Shape, weights).LastLogits(prompt);
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, new EngineOptions { Threads = 1, KvCacheTokens = 256 });
        float[] logits = await engine.ComputeLogitsAsync(prompt);
        double difference = expected.Zip(logits, (e, a) => (e - a) * (e - a)).Sum();
        Assert.InRange(Math.Sqrt(difference / expected.Sum(e => e * e)), 0, 3e-5);
    }
}
