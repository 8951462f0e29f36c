using System.Text.Json;
using Inference.Cli.Synthesis;
using Inference.Formats;

namespace Inference.Tests.Cli;

public class SynthesizeCommandTests
{
    private const string Shape = """
        { "architecture": "ARCH", "layers": 2, "width": 64, "feedForward": 256, "heads": 4, "keyValueHeads": 2, "headSize": 32, "vocabulary": 600, "tiedHead": TIED }
        """;

    [Theory]
    [InlineData("llama", "Q8_0", true)]
    [InlineData("llama", "F32", false)]
    [InlineData("qwen3", "BF16", true)]
    [InlineData("qwen3", "Q4_0", false)]
    [InlineData("llama", "Q4_K_M", true)]
    public async Task A_custom_shape_becomes_a_model(string architecture, string type, bool tied)
    {
        using TemporaryFolder folder = new();
        string shape = folder.Write("shape.json", Shape.Replace("ARCH", architecture).Replace("TIED", tied ? "true" : "false"));
        string model = folder.File("model.gguf");
        JsonElement report = (await CliRun.Of("synthesize", "--shape", shape, "--type", type, "--vocab", TestData.Stories260K, model, "--json")).Json;
        Assert.Equal((600, 88), (report.GetProperty("vocabularySize").GetInt32(), report.GetProperty("paddedTokens").GetInt32()));

        using GgufFile file = GgufFile.Open(model);
        Assert.Equal(architecture, file.GetString("general.architecture"));
        Assert.Equal(600, file.GetStrings("tokenizer.ggml.tokens").Count);
        Assert.Equal([600, 64], file.Tensors["token_embd.weight"].Shape);
        Assert.Equal([64, 128], file.Tensors["blk.1.attn_output.weight"].Shape);
        Assert.Equal([64, 256], file.Tensors["blk.1.ffn_down.weight"].Shape);
        Assert.Equal(!tied, file.Tensors.ContainsKey("output.weight"));
        Assert.Equal(architecture == "qwen3", file.Tensors.ContainsKey("blk.0.attn_q_norm.weight"));
        // Rows of 64 do not divide into super-blocks of 256.
        Assert.Equal(type == "Q4_K_M" ? "Q5_0" : type, file.Tensors["blk.0.attn_q.weight"].Type.ToString());
        Assert.Equal(type == "Q4_K_M" ? "Q6_K" : type, file.Tensors["blk.1.ffn_down.weight"].Type.ToString());
        // The head has six bits where the rest has four, and they do not divide either.
        Assert.Equal(type.StartsWith("Q4", StringComparison.Ordinal) ? "Q8_0" : type, file.Tensors[tied ? "token_embd.weight" : "output.weight"].Type.ToString());
        Assert.Equal(tied && type == "Q4_K_M" ? "Q8_0" : type == "Q4_K_M" ? "Q5_0" : type, file.Tensors["token_embd.weight"].Type.ToString());
        Assert.Equal(TensorType.F32, file.Tensors["output_norm.weight"].Type);
    }

    [Theory]
    [InlineData("llama", "F16", "\"experts\": 4, \"chosenExperts\": 2")]
    [InlineData("qwen3moe", "Q8_0", "\"experts\": 3, \"chosenExperts\": 3")]
    [InlineData("llama", "Q4_0", "\"window\": 6")]
    [InlineData("gemma3", "Q4_K_M", "\"window\": 6")]
    public async Task Windows_and_experts_become_models_that_generate(string architecture, string type, string members)
    {
        using TemporaryFolder folder = new();
        string shape = folder.Write("shape.json", Shape.Replace("ARCH", architecture).Replace("\"tiedHead\": TIED", members));
        string model = folder.File("model.gguf");
        Assert.Equal(0, (await CliRun.Of("synthesize", "--shape", shape, "--type", type, "--vocab", TestData.Stories260K, model)).ExitCode);
        using (GgufFile file = GgufFile.Open(model))
        {
            bool hasExperts = members.Contains("experts", StringComparison.Ordinal);
            Assert.Equal(hasExperts, file.Tensors.ContainsKey("blk.1.ffn_gate_inp.weight"));
            Assert.NotEqual(hasExperts, file.Tensors.ContainsKey("blk.1.ffn_up.weight"));
            if (hasExperts)
                Assert.Equal((TensorType.F32, type), (file.Tensors["blk.0.ffn_gate_inp.weight"].Type, file.Tensors["blk.0.ffn_down_exps.weight"].Type.ToString()));
            Assert.Equal(architecture == "gemma3", file.Tensors.ContainsKey("blk.1.post_ffw_norm.weight"));
        }

        await using InferenceEngine engine = await InferenceEngine.LoadAsync(model, new EngineOptions { Threads = 1, KvCacheTokens = 64 }, cancellationToken: TestContext.Current.CancellationToken);
        GenerationResult result = await engine.Submit(Prompt.FromTokens(new[] { 5, 6, 7, 8, 9, 10, 11, 12, 13 }), new GenerationOptions { MaxOutputTokens = 4, IgnoreEndOfText = true }).Completion;
        Assert.Equal(4, result.Tokens.Count);
    }

    [Theory]
    [InlineData("qwen3moe", "\"window\": 4", "qwen3moe needs experts")]
    [InlineData("gemma3", "\"context\": 100", "gemma3 needs a window")]
    [InlineData("qwen3", "\"experts\": 4, \"chosenExperts\": 2", "experts are for")]
    [InlineData("llama", "\"experts\": 4, \"chosenExperts\": 5", "chosenExperts must be")]
    [InlineData("llama", "\"experts\": 4", "chosenExperts must be")]
    [InlineData("llama", "\"chosenExperts\": 1", "chosenExperts must be")]
    [InlineData("llama", "\"experts\": -1", "experts must be")]
    [InlineData("llama", "\"window\": -1", "window must be")]
    public async Task Windows_and_experts_that_cannot_be_are_refused(string architecture, string members, string expected)
    {
        using TemporaryFolder folder = new();
        string shape = folder.Write("shape.json", Shape.Replace("ARCH", architecture).Replace("\"tiedHead\": TIED", members));
        (await CliRun.Of("synthesize", "--shape", shape, "--type", "Q8_0", "--vocab", TestData.Stories260K, folder.File("m.gguf"))).AssertError(expected);
    }

    [Fact]
    public void Every_known_shape_has_the_parameters_of_its_name()
    {
        // In millions, as their model cards count them.
        Dictionary<string, int> expected = new() { ["SmolLM2-135M"] = 135, ["Llama-3.2-1B"] = 1236, ["Qwen3-0.6B"] = 596, ["Qwen3-MoE-1B"] = 1045, ["Gemma-3-270M"] = 268, ["Gemma-3-1B"] = 1000 };
        Assert.Equal(expected, ModelShape.Known.ToDictionary(shape => shape.Name, shape => (int)(SyntheticTensor.Of(shape).Sum(tensor => tensor.Elements) / 1_000_000.0 + 0.5)));
    }

    [Theory]
    [InlineData("", "is not JSON")]
    [InlineData("[]", "a JSON object is needed")]
    [InlineData("""{"nope":1}""", "'nope' is not known")]
    [InlineData("""{"architecture":"llama"}""", "layers is missing")]
    [InlineData("""{"architecture":5,"layers":2,"width":64,"feedForward":64,"heads":2,"keyValueHeads":1,"headSize":32,"vocabulary":100}""", "architecture is of the wrong kind")]
    [InlineData("""{"architecture":"llama","layers":1000000000000,"width":64,"feedForward":64,"heads":2,"keyValueHeads":1,"headSize":32,"vocabulary":100}""", "layers is of the wrong kind or too large")]
    [InlineData("""{"architecture":"llama","layers":2,"width":64,"feedForward":64,"heads":2,"keyValueHeads":1,"headSize":32,"vocabulary":100,"llama3Scaling":{"factor":0}}""", "llama3Scaling needs a factor")]
    public async Task A_bad_shape_is_told_in_the_users_words(string json, string expected)
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File("shape.json"), json, TestContext.Current.CancellationToken);
        CliRun run = await CliRun.Of("synthesize", "--shape", folder.File("shape.json"), "--type", "Q8_0", "--vocab", TestData.Stories260K, folder.File("out.gguf"), "--json");
        run.AssertError(expected);
        Assert.DoesNotContain("Inference.Cli", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_are_random_with_the_intended_scale_and_seeded()
    {
        using TemporaryFolder folder = new();
        string shape = folder.Write("shape.json", Shape.Replace("ARCH", "llama").Replace("TIED", "true"));
        foreach ((string name, string seed) in ((string, string)[])[("a", "1"), ("b", "1"), ("c", "2")])
        {
            CliRun run = await CliRun.Of("synthesize", "--shape", shape, "--type", "F32", "--vocab", TestData.Stories260K, folder.File(name), "--seed", seed);
            Assert.Equal(0, run.ExitCode);
        }

        Assert.Equal(File.ReadAllBytes(folder.File("a")), File.ReadAllBytes(folder.File("b")));
        Assert.NotEqual(File.ReadAllBytes(folder.File("a")), File.ReadAllBytes(folder.File("c")));

        using GgufFile file = GgufFile.Open(folder.File("a"));
        StoredTensor matrix = file.Tensors["blk.0.ffn_gate.weight"];
        float[] values = new float[matrix.ElementCount];
        for (int row = 0; row < matrix.Rows; row++)
            BlockFormat.Dequantize(TensorType.F32, matrix.Row(row), values.AsSpan(row * 64, 64));
        Assert.Equal(0, values.Average(), 0.01);
        Assert.Equal(1.0 / 8, Math.Sqrt(values.Average(v => v * v)), 0.005);
        Assert.True(values.Distinct().Count() > values.Length * 0.9);
    }

    [Fact]
    public async Task A_tokenizer_larger_than_the_shape_wins_and_says_so()
    {
        using TemporaryFolder folder = new();
        string shape = folder.Write("shape.json", Shape.Replace("ARCH", "llama").Replace("TIED", "true").Replace("600", "100"));
        CliRun run = await CliRun.Of("synthesize", "--shape", shape, "--type", "Q8_0", "--vocab", TestData.Stories260K, folder.File("model.gguf"), "--json");
        Assert.Equal(512, run.Json.GetProperty("vocabularySize").GetInt32());
        Assert.Contains("512", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "architecture": "llama" }""", "shape.json")]
    [InlineData("""not json""", "shape.json")]
    [InlineData("""{ "architecture": "mamba", "layers": 2, "width": 64, "feedForward": 256, "heads": 4, "keyValueHeads": 2, "headSize": 32, "vocabulary": 600 }""", "architecture")]
    [InlineData("""{ "architecture": "llama", "layers": 2, "width": 64, "feedForward": 256, "heads": 4, "keyValueHeads": 3, "headSize": 32, "vocabulary": 600 }""", "keyValueHeads")]
    [InlineData("""{ "architecture": "llama", "layres": 2 }""", "layres")]
    public async Task A_bad_shape_is_refused(string json, string expected)
    {
        using TemporaryFolder folder = new();
        string shape = folder.Write("shape.json", json);
        (await CliRun.Of("synthesize", "--shape", shape, "--type", "Q8_0", "--vocab", TestData.Stories260K, folder.File("m.gguf"))).AssertError(expected);
        Assert.Equal(["shape.json"], folder.Names);
    }

    [Fact]
    public async Task Unknown_shapes_and_types_are_refused_with_the_known_ones()
    {
        using TemporaryFolder folder = new();
        (await CliRun.Of("synthesize", "--shape", "Llama-9", "--type", "Q8_0", "--vocab", TestData.Stories260K, folder.File("m.gguf"))).AssertError("Llama-3.2-1B");
        (await CliRun.Of("synthesize", "--shape", "Llama-3.2-1B", "--type", "Q5_K", "--vocab", TestData.Stories260K, folder.File("m.gguf"))).AssertError("Q8_0");
    }

    [Fact]
    public void A_tokenizer_json_becomes_metadata()
    {
        VocabularyMetadata vocabulary = VocabularyMetadata.Load(TestData.Shared("tokenizers/qwen3/tokenizer.json"));
        Assert.Equal(151669, vocabulary.Count);
        Dictionary<string, GgufValue> metadata = vocabulary.Padded(151936);
        Assert.Equal("qwen2", metadata["tokenizer.ggml.pre"].ToString());
        Assert.Equal("151645", metadata["tokenizer.ggml.eos_token_id"].ToString());
        Assert.True(metadata["tokenizer.ggml.token_type"].TryGetArray(out ReadOnlySpan<int> types));
        Assert.Equal((1, 3, 5), (types[0], types[151643], types[151935]));
    }

    [Fact]
    public void A_tokenizer_json_that_GGUF_has_no_name_for_is_refused()
        => Assert.Throws<ModelFormatException>(() => VocabularyMetadata.Load(TestData.Path("models/TinyStories-656K/tokenizer.json")));

    [Fact]
    public void Llama_3_scaling_divides_slow_frequencies_and_keeps_fast_ones()
    {
        // Wavelengths under 2,048 stay, those over 8,192 are stretched 32 times, three lie between.
        float[] divisors = new Llama3Scaling().Divisors(64, 500_000);
        Assert.Equal(32, divisors.Length);
        Assert.All(divisors[..15], divisor => Assert.Equal(1, divisor));
        Assert.All(divisors[18..], divisor => Assert.Equal(32, divisor));
        Assert.Equal(1.65133, divisors[15], 1e-4);
        Assert.Equal(3.29226, divisors[16], 1e-4);
        Assert.Equal(9.66673, divisors[17], 1e-4);
    }
}
