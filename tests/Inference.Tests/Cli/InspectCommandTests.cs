using System.Text.Json;
using Inference.Tests.Models;

namespace Inference.Tests.Cli;

public class InspectCommandTests
{
    [Fact]
    public async Task Json_holds_metadata_tensors_and_memory()
    {
        JsonElement json = (await CliRun.Of("inspect", TestData.Stories260K, "--json")).Json;
        Assert.Equal("llama", json.GetProperty("metadata").GetProperty("general.architecture").GetString());
        Assert.Equal(512, json.GetProperty("metadata").GetProperty("tokenizer.ggml.tokens").GetProperty("count").GetInt32());
        JsonElement tensor = json.GetProperty("tensors").EnumerateArray().Single(t => t.GetProperty("name").GetString() == "blk.0.attn_k.weight");
        Assert.Equal(("F32", 8192), (tensor.GetProperty("type").GetString(), tensor.GetProperty("bytes").GetInt32()));
        Assert.Equal([32, 64], tensor.GetProperty("shape").EnumerateArray().Select(n => n.GetInt32()));
        // 5 layers x 4 heads x 8 elements, keys and values, 4 bytes each: a model in 32-bit floats has such a cache.
        Assert.Equal(5 * 4 * 8 * 2 * 4 * 1024, json.GetProperty("memory").GetProperty("cacheBytesPer1024Tokens").GetInt64());
        Assert.Equal(json.GetProperty("tensors").EnumerateArray().Sum(t => t.GetProperty("bytes").GetInt64()), json.GetProperty("memory").GetProperty("weightBytes").GetInt64());
    }

    [Fact]
    public async Task A_safetensors_folder_is_shown_with_its_config()
    {
        JsonElement json = (await CliRun.Of("inspect", TestData.Path("models/TinyStories-656K/model.safetensors"), "--json")).Json;
        Assert.Equal("safetensors", json.GetProperty("format").GetString());
        Assert.Equal(2, json.GetProperty("metadata").GetProperty("num_hidden_layers").GetInt32());
        Assert.Equal(2 * 4 * 16 * 2 * 4 * 1024, json.GetProperty("memory").GetProperty("cacheBytesPer1024Tokens").GetInt64());
    }

    [Fact]
    public async Task Plain_output_is_aligned_text()
    {
        CliRun run = await CliRun.Of("inspect", TestData.Stories260K);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("token_embd.weight", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
    }

    [Fact]
    public async Task The_device_has_the_kernels_asked_for()
    {
        JsonElement json = (await CliRun.Of("inspect", TestData.Stories260K, "--json", "--kernels", "vector128")).Json;
        Assert.StartsWith("CPU, 128-bit vectors, ", json.GetProperty("device").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vocabulary_only_files_can_be_inspected()
        => Assert.Equal(0, (await CliRun.Of("inspect", TestData.Path("vocab/ggml-vocab-gpt-2.gguf"), "--json")).ExitCode);

    [Fact]
    public async Task Malformed_files_are_one_line()
    {
        using TemporaryFolder folder = new();
        (await CliRun.Of("inspect", folder.Write("broken.gguf", "GGUF and nothing more"), "--json")).AssertError("broken.gguf");
    }

    [Theory]
    [InlineData("mixtral: 2 of 8", "experts: 8, chosenExperts: 2, expertFeedForward: 40, layersWithExperts: 2")]
    [InlineData("gemma3: two bases", "window: 8, layersWithWindow: 6, ropeTheta: 1000000, ropeScaling: Linear, ropeFactor: 8, windowRopeTheta: 10000, queryKeyNorm: each head, activation: GeluTanh, embeddingScale: 6.324555320336759")]
    [InlineData("gemma2: soft caps", "attentionSoftCap: 4, logitSoftCap: 2.5, layersWithWindow: 2")]
    [InlineData("smollm3: every fourth", "layersWithRope: 4")]
    [InlineData("gpt2: learned", "positions: learned, norm: layer norm")]
    [InlineData("falcon: 7B", "parallelResidual: True, keyValueHeads: 1")]
    [InlineData("olmo2: norms", "queryKeyNorm: whole projections")]
    [InlineData("gpt-oss: sinks", "attentionSinks: True, experts: 6, layersWithWindow: 2, ropeScaling: Yarn, ropeOriginalContext: 64, activation: ClampedSwiglu")]
    [InlineData("phi3: long context", "ropeScaling: LongRope, ropeFactor: 8, ropeOriginalContext: 32")]
    public async Task Settings_are_shown_of_both_kinds_of_file(string name, string expected)
    {
        PlainShape shape = OracleArchitectures.All.First(c => c.Name.StartsWith(name, StringComparison.Ordinal)).Shape;
        Dictionary<string, PlainTensor> weights = RandomModel.Create(shape, 1);
        using Formats.TemporaryFolder folder = new();
        new CheckpointFolder(shape, weights).WriteTo(folder);
        folder.Write("model.gguf", new GgufModelFile(shape, weights).ToBytes());
        foreach (string file in (string[])["model.gguf", "model.safetensors"])
        {
            JsonElement json = (await CliRun.Of("inspect", folder.PathOf(file), "--json")).Json;
            Assert.False(json.TryGetProperty("refusal", out _));
            foreach (string[] setting in expected.Split(", ").Select(pair => pair.Split(": ")))
                Assert.Equal(setting[1], json.GetProperty("settings").GetProperty(setting[0]).ToString());
            Assert.Equal(shape.Layers * shape.KvHeads * shape.HeadSize * 2 * 4 * 1024, json.GetProperty("memory").GetProperty("cacheBytesPer1024Tokens").GetInt64());
        }
    }

    [Fact]
    public async Task A_model_that_would_be_refused_says_why()
    {
        using TemporaryFolder folder = new();
        GgufModelFile model = new(OracleArchitectures.All[0].Shape, new Dictionary<string, PlainTensor>());
        model.Metadata["general.architecture"] = "mamba";
        await File.WriteAllBytesAsync(folder.File("model.gguf"), model.ToBytes(), TestContext.Current.CancellationToken);
        JsonElement json = (await CliRun.Of("inspect", folder.File("model.gguf"), "--json")).Json;
        Assert.Contains("'mamba' is not known", json.GetProperty("refusal").GetString(), StringComparison.Ordinal);
        Assert.False(json.TryGetProperty("settings", out _));
        Assert.Contains("'mamba' is not known", (await CliRun.Of("inspect", folder.File("model.gguf"))).Output, StringComparison.Ordinal);
    }
}
