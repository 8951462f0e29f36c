using Inference.Formats;
using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>A model's tensors are all there, in their shapes, and all used; or the file is refused by the name of the one at fault.</summary>
public sealed class TensorTests
{
    private static readonly PlainShape _shape = new("qwen3", 32, 2, 4, 2, 8, 48, new(8));
    private static readonly EngineOptions _options = new() { Threads = 1, KvCacheTokens = 64 };

    [Theory]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    public void Every_tensor_is_needed_in_its_shape(string family)
    {
        PlainShape shape = _shape with { Family = family };
        foreach (string name in RandomModel.Create(shape, 1).Keys)
        {
            string gguf = GgufModelFile.NameOf(name);
            // Without a head, a GGUF file's head is tied; without a table, nothing else looks tokens up.
            if (name != "lm_head.weight")
                Assert.Equal(gguf, RefuseGguf(shape, tensors => tensors.Remove(gguf)).Field);
            string expected = name is "lm_head.weight" or "model.embed_tokens.weight" ? "tie_word_embeddings" : name;
            Assert.Equal(expected, RefuseCheckpoint(shape, tensors => tensors.Remove(name)).Field);

            Assert.Equal(gguf, RefuseGguf(shape, tensors => tensors[gguf] = new PlainTensor([3, 5], new float[15])).Field);
            ModelFormatException misshaped = RefuseCheckpoint(shape, tensors => tensors[name] = Longer(tensors[name]));
            Assert.Equal(name == "model.embed_tokens.weight" ? "vocab_size" : name, misshaped.Field);
        }
    }

    [Theory]
    [InlineData("blk.0.attn_q_norm.bias")]
    [InlineData("blk.2.attn_norm.weight")]
    [InlineData("blk.1.attn_q.bias")]
    [InlineData("blk.0.attn_sinks.weight")]
    [InlineData("rope_factors_long.weight")]
    [InlineData("token_embd.bias")]
    [InlineData("blk.00.attn_norm.weight")]
    public void A_tensor_without_a_place_is_refused(string name)
    {
        ModelFormatException refusal = RefuseGguf(_shape, tensors => tensors.Add(name, new PlainTensor([32], new float[32])));
        Assert.Equal(name, refusal.Field);
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.sinks")]
    [InlineData("model.layers.2.input_layernorm.weight")]
    [InlineData("model.layers.0.mlp.gate_proj.weight_scale")]
    [InlineData("blk.0.attn_q.bias")]
    [InlineData("rope_freqs.weight")]
    public void A_tensor_without_a_place_is_refused_in_a_checkpoint_too(string name)
    {
        ModelFormatException refusal = RefuseCheckpoint(_shape, tensors => tensors.Add(name, new PlainTensor([32], new float[32])));
        Assert.Equal(name, refusal.Field);
    }

    [Fact]
    public void A_bias_of_one_layer_is_needed_in_all()
    {
        Assert.Equal("blk.1.attn_q.bias", RefuseGguf(_shape, tensors => tensors.Add("blk.0.attn_q.bias", new PlainTensor([32], new float[32]))).Field);
    }

    [Fact]
    public void A_table_of_tokens_has_no_other_name_in_a_gguf_file()
    {
        Assert.Equal("token_embd.weight", RefuseGguf(_shape, tensors => tensors.Remove("token_embd.weight")).Field);
    }

    [Theory]
    [InlineData("model.embed_tokens.weight")]
    [InlineData("lm_head.weight")]
    public async Task A_tied_table_may_have_either_name_in_a_checkpoint(string name)
    {
        PlainShape shape = _shape with { IsTied = true };
        Dictionary<string, PlainTensor> weights = RandomModel.Create(shape, 1);
        double[] expected = new PlainDecoder(shape, weights).Logits([7, 8])[^1];
        var checkpoint = new CheckpointFolder(shape, weights);
        checkpoint.Tensors.Remove("model.embed_tokens.weight", out PlainTensor? table);
        checkpoint.Tensors.Add(name, table!);
        using TemporaryFolder folder = new();
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(checkpoint.WriteTo(folder), _options);
        float[] logits = await engine.ComputeLogitsAsync(new[] { 7, 8 });
        Assert.All(expected.Zip(logits), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public async Task Frequencies_that_are_recomputed_may_be_stored()
    {
        using TemporaryFolder folder = new();
        var checkpoint = new CheckpointFolder(_shape, RandomModel.Create(_shape, 1));
        checkpoint.Tensors.Add("model.layers.0.self_attn.rotary_emb.inv_freq", new PlainTensor([4], [1, 0.5f, 0.25f, 0.1f]));
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(checkpoint.WriteTo(folder), _options);
        Assert.Equal(_shape.Vocabulary, engine.Model.VocabularySize);
    }

    [Fact]
    public async Task A_folder_with_one_gguf_file_is_that_file()
    {
        using TemporaryFolder folder = new();
        folder.Write("model.gguf", new GgufModelFile(_shape, RandomModel.Create(_shape, 1)).ToBytes());
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(folder.Path, _options);
        Assert.Equal(512, engine.Tokenizer.VocabularySize);
    }

    [Fact]
    public async Task A_file_without_its_data_is_refused_before_anything_is_allocated()
    {
        using TemporaryFolder folder = new();
        byte[] whole = new GgufModelFile(_shape, RandomModel.Create(_shape, 1)).ToBytes();
        string path = folder.Write("model.gguf", whole);
        int start;
        using (GgufFile file = GgufFile.Open(path))
            start = whole.Length - (int)file.Tensors.Values.Sum(t => (t.ByteLength + 31) / 32 * 32);
        folder.Write("model.gguf", whole.AsSpan(0, start));
        ModelFormatException refusal = await Assert.ThrowsAsync<ModelFormatException>(() => InferenceEngine.LoadAsync(path, _options));
        Assert.Equal(start, refusal.Offset);
    }

    [Fact]
    public void Heads_larger_than_the_device_can_hold_are_refused()
    {
        PlainShape shape = new("llama", 8, 1, 1, 1, 2048, 8, new(2048));
        ModelFormatException refusal = RefuseGguf(shape, _ => { });
        Assert.Contains("2048", refusal.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claimed_context_makes_room_for_a_million_tokens_at_most()
    {
        using TemporaryFolder folder = new();
        PlainShape shape = new("llama", 4, 1, 1, 1, 2, 4, new(2)) { Context = int.MaxValue };
        string path = folder.Write("model.gguf", new GgufModelFile(shape, RandomModel.Create(shape, 1)).ToBytes());
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, new EngineOptions { Threads = 1 });
        Assert.Equal(1 << 20, engine.ContextLength);
        Assert.Equal((1 << 20) / 16, engine.Statistics.TotalBlocks);
    }

    private static PlainTensor Longer(PlainTensor tensor) => new([tensor.Shape[0] + 2, .. tensor.Shape[1..]], new float[tensor.Values.Length / (int)tensor.Shape[0] * ((int)tensor.Shape[0] + 2)]);

    private static ModelFormatException RefuseGguf(PlainShape shape, Action<Dictionary<string, PlainTensor>> change)
    {
        using TemporaryFolder folder = new();
        var file = new GgufModelFile(shape, RandomModel.Create(shape, 1));
        change(file.Tensors);
        return Refuse(folder.Write("model.gguf", file.ToBytes()));
    }

    private static ModelFormatException RefuseCheckpoint(PlainShape shape, Action<Dictionary<string, PlainTensor>> change)
    {
        using TemporaryFolder folder = new();
        var checkpoint = new CheckpointFolder(shape, RandomModel.Create(shape, 1));
        change(checkpoint.Tensors);
        return Refuse(checkpoint.WriteTo(folder));
    }

    private static ModelFormatException Refuse(string path)
    {
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => InferenceEngine.LoadAsync(path, _options).GetAwaiter().GetResult());
        Assert.StartsWith(refusal.Path, refusal.Message, StringComparison.Ordinal);
        return refusal;
    }
}
