using System.Text.RegularExpressions;

namespace Inference.Models;

/// <summary>The names of tensors: those of GGUF files are used throughout, those of Hugging Face files are translated.</summary>
internal static partial class TensorNames
{
    public const string Embedding = "token_embd.weight";
    public const string OutputNorm = "output_norm.weight";
    public const string Output = "output.weight";
    public const string RopeDivisors = "rope_freqs.weight";

    private static readonly Dictionary<string, string> _whole = new()
    {
        ["model.embed_tokens.weight"] = Embedding,
        ["model.norm.weight"] = OutputNorm,
        ["lm_head.weight"] = Output,
    };

    private static readonly Dictionary<string, string> _inLayer = new()
    {
        ["input_layernorm"] = "attn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["post_attention_layernorm"] = "ffn_norm",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    public static string InLayer(int layer, string part) => $"blk.{layer}.{part}";

    /// <summary>The GGUF name of a Hugging Face tensor, or null where there is none.</summary>
    public static string? FromHuggingFace(string name)
    {
        if (_whole.TryGetValue(name, out string? known))
            return known;
        Match match = LayerTensor().Match(name);
        return match.Success && _inLayer.TryGetValue(match.Groups[2].Value, out string? part)
            ? $"blk.{match.Groups[1].Value}.{part}.{match.Groups[3].Value}"
            : null;
    }

    /// <summary>The Hugging Face name of a GGUF tensor, or the name itself where there is none.</summary>
    public static string ToHuggingFace(string name)
    {
        string[] parts = name.Split('.');
        return parts is ["blk", var layer, var part, var kind]
            ? $"model.layers.{layer}.{_inLayer.FirstOrDefault(pair => pair.Value == part).Key ?? part}.{kind}"
            : _whole.FirstOrDefault(pair => pair.Value == name).Key ?? name;
    }

    /// <summary>Tables that some converters store and every implementation recomputes.</summary>
    public static bool IsDerived(string name) =>
        name == RopeDivisors || name.EndsWith(".attn_rot_embd", StringComparison.Ordinal) || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);

    [GeneratedRegex(@"^model\.layers\.(\d{1,5})\.(.+)\.(weight|bias)$")]
    private static partial Regex LayerTensor();
}
