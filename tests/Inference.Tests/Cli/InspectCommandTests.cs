using System.Text.Json;

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
}
