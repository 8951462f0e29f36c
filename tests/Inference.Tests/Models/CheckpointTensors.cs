namespace Inference.Tests.Models;

/// <summary>A plain model's tensors as checkpoints of its family have them: names, what is fused, transposed, by turns.</summary>
internal static class CheckpointTensors
{
    public static Dictionary<string, PlainTensor> Of(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights, CheckpointStyle style)
    {
        Dictionary<string, PlainTensor> tensors = weights.ToDictionary();
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            switch (shape.Facts.HuggingFace)
            {
                case "phi3":
                    Fuse(tensors, prefix + "self_attn.qkv_proj.weight", prefix + "self_attn.q_proj.weight", prefix + "self_attn.k_proj.weight", prefix + "self_attn.v_proj.weight");
                    Fuse(tensors, prefix + "mlp.gate_up_proj.weight", prefix + "mlp.gate_proj.weight", prefix + "mlp.up_proj.weight");
                    break;
                case "gpt2":
                    foreach (string kind in (string[])[".weight", ".bias"])
                        Fuse(tensors, prefix + "attn.c_attn" + kind, prefix + "self_attn.q_proj" + kind, prefix + "self_attn.k_proj" + kind, prefix + "self_attn.v_proj" + kind);
                    // The mask, which old checkpoints of GPT-2 store as if it were a weight.
                    if (style == CheckpointStyle.Published)
                        tensors[prefix + "attn.bias"] = new PlainTensor([1, 1, 8, 8], new float[64]);
                    break;
                case "falcon":
                    GroupQueryKeyValue(shape, tensors, prefix + "self_attn.");
                    break;
                case "gpt_oss":
                    StackExperts(shape, tensors, prefix + "mlp.experts.");
                    break;
            }
        }

        bool isPrefixed = style != CheckpointStyle.Published;
        return tensors.ToDictionary(t => NameOf(shape, t.Key, isPrefixed), t => IsTransposed(shape, t.Key) ? t.Value.Transpose() : t.Value);
    }

    private static string NameOf(PlainShape shape, string name, bool isPrefixed) => shape.Facts.HuggingFace switch
    {
        "mixtral" => Rename(name, ("mlp.router.", "block_sparse_moe.gate."), ("mlp.experts.", "block_sparse_moe.experts."), ("gate_proj.", "w1."), ("down_proj.", "w2."), ("up_proj.", "w3.")),
        "qwen3_moe" => Rename(name, ("mlp.router.", "mlp.gate.")),
        "starcoder2" => Rename(name, ("mlp.up_proj.", "mlp.c_fc."), ("mlp.down_proj.", "mlp.c_proj.")),
        "gpt2" => Rename(name, ("model.embed_tokens.", "model.wte."), ("model.embed_positions.", "model.wpe."), ("model.norm.", "model.ln_f."), ("model.layers.", "model.h."),
            ("self_attn.o_proj.", "attn.c_proj."), ("mlp.up_proj.", "mlp.c_fc."), ("mlp.down_proj.", "mlp.c_proj."), ("model.", isPrefixed ? "transformer." : "")),
        "falcon" => Rename(name, ("model.embed_tokens.", "model.word_embeddings."), ("model.norm.", "model.ln_f."), ("model.layers.", "model.h."),
            ("self_attn.o_proj.", "self_attention.dense."), ("self_attn.", "self_attention."), ("mlp.up_proj.", "mlp.dense_h_to_4h."), ("mlp.down_proj.", "mlp.dense_4h_to_h."), ("model.", "transformer.")),
        _ => name,
    };

    private static string Rename(string name, params (string Plain, string Stored)[] parts) =>
        parts.Aggregate(name, (n, part) => n.Replace(part.Plain, part.Stored, StringComparison.Ordinal));

    // GPT-2 computes x W with weights of [inputs, outputs].
    private static bool IsTransposed(PlainShape shape, string name) =>
        shape.Family == "gpt2" && name.EndsWith(".weight", StringComparison.Ordinal) && (name.Contains("attn.", StringComparison.Ordinal) || name.Contains("mlp.", StringComparison.Ordinal));

    private static void Fuse(Dictionary<string, PlainTensor> tensors, string fused, params string[] parts)
    {
        tensors[fused] = PlainTensor.Concat(parts.Select(p => tensors[p]));
        foreach (string part in parts)
            tensors.Remove(part);
    }

    // Falcon: for each key-value head its query heads, then its key, then its value.
    private static void GroupQueryKeyValue(PlainShape shape, Dictionary<string, PlainTensor> tensors, string prefix)
    {
        int size = shape.HeadSize;
        int group = shape.Heads / shape.KvHeads * size;
        tensors[prefix + "query_key_value.weight"] = PlainTensor.Concat(Enumerable.Range(0, shape.KvHeads).SelectMany(kv => new[]
        {
            tensors[prefix + "q_proj.weight"].Slice(kv * group, group),
            tensors[prefix + "k_proj.weight"].Slice(kv * size, size),
            tensors[prefix + "v_proj.weight"].Slice(kv * size, size),
        }));
        foreach (string part in (string[])["q_proj", "k_proj", "v_proj"])
            tensors.Remove($"{prefix}{part}.weight");
    }

    // gpt-oss: all experts in one tensor, [experts, inputs, outputs], the rows of gate and up by turns.
    private static void StackExperts(PlainShape shape, Dictionary<string, PlainTensor> tensors, string prefix)
    {
        PlainTensor Stack(Func<string, PlainTensor> ofExpert)
        {
            return PlainTensor.Stack(Enumerable.Range(0, shape.Experts).Select(e => ofExpert($"{prefix}{e}.")));
        }

        tensors[prefix + "gate_up_proj"] = Stack(e => PlainTensor.Zip(tensors[e + "gate_proj.weight"], tensors[e + "up_proj.weight"]).Transpose());
        tensors[prefix + "gate_up_proj_bias"] = Stack(e => PlainTensor.Zip(tensors[e + "gate_proj.bias"], tensors[e + "up_proj.bias"]));
        tensors[prefix + "down_proj"] = Stack(e => tensors[e + "down_proj.weight"].Transpose());
        tensors[prefix + "down_proj_bias"] = Stack(e => tensors[e + "down_proj.bias"]);
        foreach (string name in tensors.Keys.Where(n => n.StartsWith(prefix, StringComparison.Ordinal) && char.IsDigit(n[prefix.Length])).ToArray())
            tensors.Remove(name);
    }
}
