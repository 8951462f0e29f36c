using Inference.Formats;

namespace Inference.Tests.Models;

/// <summary>Writes a plain model as a GGUF file, with the tokenizer of 512 tokens of the sample model.</summary>
internal sealed class GgufModelFile
{
    private static readonly Lazy<Dictionary<string, GgufValue>> _tokenizer = new(() =>
    {
        using GgufFile file = GgufFile.Open(TestData.Stories260K);
        return file.Metadata.Where(m => m.Key.StartsWith("tokenizer.", StringComparison.Ordinal)).ToDictionary();
    });

    private static readonly (string HuggingFace, string Gguf)[] _parts =
    [
        ("model.embed_tokens.", "token_embd."), ("lm_head.", "output."), ("model.norm.", "output_norm."), ("model.layers.", "blk."),
        ("self_attn.q_proj.", "attn_q."), ("self_attn.k_proj.", "attn_k."), ("self_attn.v_proj.", "attn_v."), ("self_attn.o_proj.", "attn_output."),
        ("self_attn.q_norm.", "attn_q_norm."), ("self_attn.k_norm.", "attn_k_norm."), ("mlp.gate_proj.", "ffn_gate."), ("mlp.up_proj.", "ffn_up."),
        ("mlp.down_proj.", "ffn_down."), ("post_attention_layernorm.", "ffn_norm."), ("input_layernorm.", "attn_norm."),
    ];

    public GgufModelFile(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights)
    {
        string prefix = shape.Family + ".";
        Metadata = new Dictionary<string, object>
        {
            ["general.architecture"] = shape.Family,
            [prefix + "embedding_length"] = (uint)shape.Width,
            [prefix + "block_count"] = (uint)shape.Layers,
            [prefix + "attention.head_count"] = (uint)shape.Heads,
            [prefix + "attention.head_count_kv"] = (uint)shape.KvHeads,
            [prefix + "attention.key_length"] = (uint)shape.HeadSize,
            [prefix + "attention.value_length"] = (uint)shape.HeadSize,
            [prefix + "attention.layer_norm_rms_epsilon"] = (float)shape.Epsilon,
            [prefix + "feed_forward_length"] = (uint)shape.FeedForward,
            [prefix + "context_length"] = (uint)shape.Context,
            [prefix + "rope.dimension_count"] = (uint)shape.Rope.Dimensions,
            [prefix + "rope.freq_base"] = (float)shape.Rope.Theta,
        };
        Tensors = (shape.Family == "llama" ? RandomModel.Interleave(shape, weights) : weights).ToDictionary(w => NameOf(w.Key), w => w.Value);
        AddRope(shape.Rope, prefix);
    }

    public Dictionary<string, object> Metadata { get; }

    public Dictionary<string, PlainTensor> Tensors { get; }

    public static string NameOf(string huggingFace) => _parts.Aggregate(huggingFace, (name, part) => name.Replace(part.HuggingFace, part.Gguf, StringComparison.Ordinal));

    public byte[] ToBytes()
    {
        GgufWriter writer = ToWriter();
        foreach ((string name, PlainTensor tensor) in Tensors)
            writer.AddTensor(name, TensorType.F32, tensor.Shape, tensor.ToBytes());
        using MemoryStream stream = new();
        writer.Write(stream);
        return stream.ToArray();
    }

    /// <summary>The metadata alone, to be completed with tensors.</summary>
    public GgufWriter ToWriter()
    {
        GgufWriter writer = new();
        foreach ((string key, object value) in Metadata)
            writer.SetMetadata(key, GgufValue.From(value));
        foreach ((string key, GgufValue value) in _tokenizer.Value)
            writer.SetMetadata(key, value);
        return writer;
    }

    private void AddRope(PlainRope rope, string prefix)
    {
        if (rope.Kind == "llama3")
        {
            // Converters store by how much each frequency is divided.
            PlainRope plain = rope with { Kind = "none" };
            float[] divisors = [.. Enumerable.Range(0, rope.Dimensions / 2).Select(i => (float)(plain.Frequency(i) / rope.Frequency(i)))];
            Tensors["rope_freqs.weight"] = new PlainTensor([divisors.Length], divisors);
        }
        else if (rope.Kind != "none")
        {
            Metadata[prefix + "rope.scaling.type"] = rope.Kind;
            Metadata[prefix + "rope.scaling.factor"] = (float)rope.Factor;
            Metadata[prefix + "rope.scaling.original_context_length"] = (uint)rope.Original;
        }
    }
}
