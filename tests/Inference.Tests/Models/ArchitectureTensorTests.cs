using Inference.Formats;
using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>The tensors of every family are all there, in their shapes, and all used; or the file is refused by the name of the one at fault.</summary>
public sealed class ArchitectureTensorTests
{
    private static readonly EngineOptions _options = new() { Threads = 1, KvCacheTokens = 64 };

    public static TheoryData<string> Names => [.. OracleArchitectures.All.Where(c => c.HasGguf && c.HasCheckpoint && c.Shape is { HasAllBiases: false, Layers: <= 4 }).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_tensor_of_a_gguf_file_is_needed_in_its_shape(string name)
    {
        OracleCase model = Case(name);
        Dictionary<string, PlainTensor> weights = RandomModel.Create(model.Shape, 1);
        foreach (string tensor in new GgufModelFile(model.Shape, weights).Tensors.Keys.Where(key => IsLookedAt(model.Shape, key, "blk.")))
        {
            GgufModelFile file = new(model.Shape, weights);
            Assert.Equal(tensor, RefuseGguf(file, tensors => tensors[tensor] = new PlainTensor([3, 5], new float[15])).Field);
            // Without a head, a GGUF file's head is tied; of LongRoPE's two sets, the engine's context asks for one; frequencies that nothing divides are kept.
            if (tensor is "output.weight" || tensor.StartsWith("rope_f", StringComparison.Ordinal))
                continue;
            string field = RefuseGguf(file, tensors => tensors.Remove(tensor)).Field!;
            Assert.True(IsNamed(tensor, field), $"{tensor} is missing, and {field} is named");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_tensor_of_a_checkpoint_is_needed_in_its_shape(string name)
    {
        OracleCase model = Case(name);
        Dictionary<string, PlainTensor> weights = RandomModel.Create(model.Shape, 1);
        string[] keys = [.. new CheckpointFolder(model.Shape, weights).Tensors.Keys];
        string table = keys.First(key => key.EndsWith("embed_tokens.weight", StringComparison.Ordinal) || key.EndsWith("word_embeddings.weight", StringComparison.Ordinal) || key.EndsWith("wte.weight", StringComparison.Ordinal));
        foreach (string tensor in keys.Where(key => IsLookedAt(model.Shape, key, "layers.") && IsLookedAt(model.Shape, key, "h.") && !key.EndsWith("attn.bias", StringComparison.Ordinal)))
        {
            string? misshaped = RefuseCheckpoint(model.Shape, weights, tensors => tensors[tensor] = Longer(tensors[tensor])).Field;
            Assert.Equal(tensor == table ? "vocab_size" : tensor, misshaped);
            string? missing = RefuseCheckpoint(model.Shape, weights, tensors => tensors.Remove(tensor)).Field;
            string expected = (tensor == table && !model.Shape.IsTied) || tensor == "lm_head.weight" ? "tie_word_embeddings" : tensor;
            // A configuration that promises biases is named where the first one is missing.
            Assert.True(missing == expected || IsNamed(tensor, missing!), $"{tensor} is missing, and {missing} is named");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_tensor_without_a_place_is_refused(string name)
    {
        OracleCase model = Case(name);
        Dictionary<string, PlainTensor> weights = RandomModel.Create(model.Shape, 1);
        var file = new GgufModelFile(model.Shape, weights);
        string[] surplus =
        [
            "position_embd.weight", "output.bias", "output_norm.bias", "blk.0.attn_norm.bias", "blk.0.attn_norm_2.weight", "blk.0.post_attention_norm.weight", "blk.0.post_ffw_norm.weight",
            "blk.0.ffn_norm.weight", "blk.0.attn_q.weight", "blk.0.attn_qkv.weight", "blk.0.attn_q_norm.weight", "blk.0.attn_sinks.weight", "blk.0.ffn_gate.weight", "blk.0.ffn_up.weight",
            "blk.0.ffn_gate_inp.weight", "blk.0.ffn_up_exps.weight", "blk.0.ffn_up_exps.bias", "blk.0.ffn_up.0.weight", "blk.0.ffn_up_shexp.weight", "blk.0.layer_output_norm.weight",
            $"blk.{model.Shape.Layers}.attn_norm.weight", "rope_factors_long.weight", "v.blk.0.attn_q.weight",
        ];
        foreach (string tensor in surplus.Where(tensor => !file.Tensors.ContainsKey(tensor)))
        {
            if (model.Shape.Facts.Gguf == "phi3" && tensor.StartsWith("rope_factors_", StringComparison.Ordinal))
                continue;
            ModelFormatException refusal = RefuseGguf(new GgufModelFile(model.Shape, weights), tensors => tensors.Add(tensor, new PlainTensor([5], new float[5])));
            // A part that has two layouts is misread as the other one, and then that one's rest is missing.
            Assert.True(refusal.Field == tensor || refusal.Problem.Contains("is missing", StringComparison.Ordinal), $"{tensor} is too much, and the refusal is: {refusal.Message}");
        }

        foreach (string tensor in (string[])["model.layers.0.self_attn.unknown.weight", "model.layers.0.mlp.experts.99.gate_proj.weight", "model.layers.0.mlp.shared_expert.up_proj.weight", "visual.patch_embed.weight", "blk.0.attn_norm.weight"])
            Assert.Equal(tensor, RefuseCheckpoint(model.Shape, weights, tensors => tensors.Add(tensor, new PlainTensor([5], new float[5]))).Field);
    }

    [Theory]
    [InlineData("gate_up_proj_blocks")]
    [InlineData("gate_up_proj_scales")]
    [InlineData("down_proj_blocks")]
    [InlineData("down_proj_scales")]
    public void Blocks_of_experts_need_their_scales_and_their_shapes(string part)
    {
        PlainShape shape = new("gpt-oss", 64, 2, 4, 2, 16, 32, new(16, 150000)) { Experts = 3, ChosenExperts = 2, Window = 8, GlobalEvery = 2 };
        string tensor = "model.layers.1.mlp.experts." + part;
        Assert.Equal(tensor, RefuseBlocks(shape, folder => folder.Bytes.Remove(tensor)).Field);
        Assert.Equal(tensor, RefuseBlocks(shape, folder => folder.Bytes[tensor] = ([.. folder.Bytes[tensor].Shape.Reverse()], folder.Bytes[tensor].Bytes)).Field);
        Assert.Equal(tensor, RefuseBlocks(shape, folder => folder.Bytes[tensor] = ([1, .. folder.Bytes[tensor].Shape], folder.Bytes[tensor].Bytes)).Field);
        string floats = tensor[..tensor.LastIndexOf('_')];
        Assert.Equal(floats, RefuseBlocks(shape, folder => folder.Tensors.Add(floats, new PlainTensor([2], new float[2]))).Field);
    }

    [Fact]
    public void Rows_that_are_no_whole_blocks_are_refused()
    {
        PlainShape shape = new("gpt-oss", 64, 1, 4, 2, 16, 48, new(16, 150000)) { Experts = 3, ChosenExperts = 2, Window = 8, GlobalEvery = 2 };
        var folder = new CheckpointFolder(shape, RandomModel.Create(shape, 1));
        folder.Config["quantization_config"] = new System.Text.Json.Nodes.JsonObject { ["quant_method"] = "mxfp4" };
        const string Tensor = "model.layers.0.mlp.experts.down_proj";
        folder.Tensors.Remove(Tensor);
        // One block of 32 and a half: the half has no place in the blocks.
        folder.Bytes[Tensor + "_blocks"] = ([3, 64, 1, 16], new byte[3 * 64 * 16]);
        folder.Bytes[Tensor + "_scales"] = ([3, 64, 1], new byte[3 * 64]);
        using TemporaryFolder files = new();
        Assert.Equal(Tensor + "_blocks", Refuse(folder.WriteTo(files)).Field);
    }

    private static ModelFormatException RefuseBlocks(PlainShape shape, Action<CheckpointFolder> change)
    {
        CheckpointFolder folder = new GptOssBlocks(shape, 1).ToCheckpoint(CheckpointStyle.Published);
        change(folder);
        using TemporaryFolder files = new();
        return Refuse(folder.WriteTo(files));
    }

    private static OracleCase Case(string name) => OracleArchitectures.All.Single(c => c.Name == name);

    // The first layer and the last one stand for all.
    private static bool IsLookedAt(PlainShape shape, string tensor, string list)
    {
        string[] parts = tensor.Split('.');
        int at = Array.IndexOf(parts, list.TrimEnd('.'));
        return at < 0 || !int.TryParse(parts[at + 1], out int layer) || layer == 0 || layer == shape.Layers - 1;
    }

    /// <summary>Whether the refusal is about the tensor, or about what has lost its sense with it: biases of other layers, another half of the same norm.</summary>
    private static bool IsNamed(string missing, string named)
    {
        // Two names are met for some: the first one is said.
        if (named == missing || named == "transformer." + missing || named == missing.Replace("ln_mlp", "input_layernorm", StringComparison.Ordinal))
            return true;
        if (missing.EndsWith(".bias", StringComparison.Ordinal) && named is "use_bias" or "attention_bias")
            return true;
        if (!named.Contains('.', StringComparison.Ordinal) || !missing.Contains('.', StringComparison.Ordinal))
            return false;
        Span<string> one = missing.Split('.').AsSpan();
        Span<string> other = named.Split('.').AsSpan();
        bool isBiasOfOtherLayer = one[^1] == "bias" && one[^2..].SequenceEqual(other[^2..]);
        return isBiasOfOtherLayer || (one[^2] is "attn_norm_2" or "ln_attn" && one[..^1].SequenceEqual(other[..^1]));
    }

    private static PlainTensor Longer(PlainTensor tensor) => new([tensor.Shape[0] + 2, .. tensor.Shape[1..]], new float[tensor.Values.Length / (int)tensor.Shape[0] * ((int)tensor.Shape[0] + 2)]);

    private static ModelFormatException RefuseGguf(GgufModelFile file, Action<Dictionary<string, PlainTensor>> change)
    {
        Dictionary<string, PlainTensor> kept = new(file.Tensors);
        change(file.Tensors);
        using TemporaryFolder folder = new();
        ModelFormatException refusal = Refuse(folder.Write("model.gguf", file.ToBytes()));
        file.Tensors.Clear();
        foreach ((string name, PlainTensor tensor) in kept)
            file.Tensors.Add(name, tensor);
        return refusal;
    }

    private static ModelFormatException RefuseCheckpoint(PlainShape shape, Dictionary<string, PlainTensor> weights, Action<Dictionary<string, PlainTensor>> change)
    {
        var checkpoint = new CheckpointFolder(shape, weights);
        change(checkpoint.Tensors);
        using TemporaryFolder folder = new();
        return Refuse(checkpoint.WriteTo(folder));
    }

    private static ModelFormatException Refuse(string path) =>
        Assert.Throws<ModelFormatException>(() => ModelLoader.Load(path, _options, null, default).Dispose());
}
