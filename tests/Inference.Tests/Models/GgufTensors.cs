namespace Inference.Tests.Models;

/// <summary>A plain model's tensors as converters write them into GGUF files: names, order of rows, what is fused and what is stacked.</summary>
internal static class GgufTensors
{
    private static readonly (string Plain, string Gguf)[] _parts =
    [
        ("model.embed_tokens.", "token_embd."), ("model.embed_positions.", "position_embd."), ("lm_head.", "output."), ("model.norm.", "output_norm."), ("model.layers.", "blk."),
        ("self_attn.q_proj.", "attn_q."), ("self_attn.k_proj.", "attn_k."), ("self_attn.v_proj.", "attn_v."), ("self_attn.o_proj.", "attn_output."),
        ("self_attn.q_norm.", "attn_q_norm."), ("self_attn.k_norm.", "attn_k_norm."), ("self_attn.qkv.", "attn_qkv."), ("self_attn.sinks", "attn_sinks.weight"),
        ("mlp.router.", "ffn_gate_inp."), ("mlp.experts.gate_proj.", "ffn_gate_exps."), ("mlp.experts.up_proj.", "ffn_up_exps."), ("mlp.experts.down_proj.", "ffn_down_exps."),
        ("mlp.gate_proj.", "ffn_gate."), ("mlp.up_proj.", "ffn_up."), ("mlp.down_proj.", "ffn_down."),
        ("pre_feedforward_layernorm.", "ffn_norm."), ("post_feedforward_layernorm.", "post_ffw_norm."),
        ("post_attention_layernorm.", "ffn_norm."), ("input_layernorm.", "attn_norm."),
        ("ln_1.", "attn_norm."), ("ln_2.", "ffn_norm."), ("ln_mlp.", "attn_norm."), ("ln_attn.", "attn_norm_2."),
    ];

    public static string NameOf(string plain) => _parts.Aggregate(plain, (name, part) => name.Replace(part.Plain, part.Gguf, StringComparison.Ordinal));

    public static Dictionary<string, PlainTensor> Of(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights)
    {
        PlainFamily facts = shape.Facts;
        Dictionary<string, PlainTensor> tensors = facts.InterleavesInGguf ? RandomModel.Interleave(shape, weights) : weights.ToDictionary();
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            if (shape.HasExperts(layer))
                StackExperts(shape, tensors, prefix + "mlp.experts.");
            if (facts.Gguf is "phi3" or "gpt2" or "falcon")
                FuseQueryKeyValue(tensors, prefix + "self_attn.");
            if (facts.Gguf == "phi3")
                Fuse(tensors, prefix + "mlp.up_proj.weight", prefix + "mlp.gate_proj.weight", prefix + "mlp.up_proj.weight");
        }

        return tensors.ToDictionary(t => NameIn(facts, t.Key), t => facts.AddsOneToGains && t.Key.Contains("norm.", StringComparison.Ordinal) ? t.Value.Plus(1) : t.Value);
    }

    private static string NameIn(PlainFamily facts, string name)
    {
        // The name of Llama's second norm says where it is; others give the same name to a norm of attention's result.
        bool isAfterAttention = facts.AfterAttention == "post_attention_layernorm" || facts.Gguf == "gpt-oss";
        return NameOf(isAfterAttention ? name.Replace("post_attention_layernorm.", "post_attention_norm.", StringComparison.Ordinal) : name);
    }

    private static void StackExperts(PlainShape shape, Dictionary<string, PlainTensor> tensors, string prefix)
    {
        foreach (string part in (string[])["gate_proj.weight", "up_proj.weight", "down_proj.weight", "gate_proj.bias", "up_proj.bias", "down_proj.bias"])
        {
            string[] names = [.. Enumerable.Range(0, shape.Experts).Select(e => $"{prefix}{e}.{part}")];
            if (!tensors.ContainsKey(names[0]))
                continue;
            tensors[prefix + part] = PlainTensor.Stack(names.Select(n => tensors[n]));
            foreach (string name in names)
                tensors.Remove(name);
        }
    }

    private static void FuseQueryKeyValue(Dictionary<string, PlainTensor> tensors, string prefix)
    {
        foreach (string kind in (string[])[".weight", ".bias"])
        {
            if (tensors.ContainsKey(prefix + "q_proj" + kind))
                Fuse(tensors, prefix + "qkv" + kind, prefix + "q_proj" + kind, prefix + "k_proj" + kind, prefix + "v_proj" + kind);
        }
    }

    private static void Fuse(Dictionary<string, PlainTensor> tensors, string fused, params string[] parts)
    {
        PlainTensor whole = PlainTensor.Concat(parts.Select(p => tensors[p]));
        foreach (string part in parts)
            tensors.Remove(part);
        tensors[fused] = whole;
    }
}
