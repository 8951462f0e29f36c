using System.Text.RegularExpressions;

namespace Inference.Models;

/// <summary>The names of tensors: those of GGUF files are used throughout, those of Hugging Face files are translated.</summary>
internal static partial class TensorNames
{
    public const string Embedding = "token_embd.weight";
    public const string Positions = "position_embd.weight";
    public const string OutputNorm = "output_norm";
    public const string Output = "output.weight";
    public const string RopeDivisors = "rope_freqs.weight";
    public const string ShortRopeDivisors = "rope_factors_short.weight";
    public const string LongRopeDivisors = "rope_factors_long.weight";
    private const string Head = "lm_head.weight";

    /// <summary>What most families call the parts of a model, without "weight" or "bias".</summary>
    private static readonly Dictionary<string, string> _usual = new()
    {
        ["embed_tokens"] = "token_embd",
        ["norm"] = "output_norm",
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
    public static string? FromHuggingFace(HuggingFaceFamily family, string name)
    {
        if (name == Head || name == "language_model." + Head && family.TextConfig is not null)
            return Output;
        if (family.Prefixes.Where(prefix => name.StartsWith(prefix, StringComparison.Ordinal)).MaxBy(prefix => prefix.Length) is not { } found)
            return null;
        name = name[found.Length..];
        Match layer = LayerTensor().Match(name);
        if (!layer.Success || layer.Groups[1].Value != family.LayerList)
            return Translate(family, name) is { } whole && !IsInLayer(whole) ? whole : null;
        return Translate(family, layer.Groups[3].Value) is { } part && IsInLayer(part) ? $"blk.{layer.Groups[2].Value}.{part}" : null;
    }

    /// <summary>The Hugging Face name of a GGUF tensor, or the name itself where there is none.</summary>
    public static string ToHuggingFace(HuggingFaceFamily family, string name)
    {
        if (name == Output)
            return Head;
        string[] parts = name.Split('.', 3);
        bool isInLayer = parts is ["blk", _, _];
        string part = isInLayer ? parts[2] : name;
        string suffix = part[(part.LastIndexOf('.') + 1)..];
        string known = part[..part.LastIndexOf('.')];
        string expert = Expert().Match(known) is { Success: true } match ? match.Groups[1].Value : "";
        string general = expert.Length == 0 ? known : known[..^expert.Length] + "*";
        string? theirs = family.Tensors.Concat(_usual).FirstOrDefault(pair => pair.Value == part).Key;
        if (theirs is null && family.Tensors.Concat(_usual).FirstOrDefault(pair => pair.Value == general).Key is { } found)
            theirs = $"{found.Replace("*", expert, StringComparison.Ordinal)}.{suffix}";
        if (theirs is null)
            return name;
        return isInLayer ? $"{family.Prefixes[0]}{family.LayerList}.{parts[1]}.{theirs}" : family.Prefixes[0] + theirs;
    }

    /// <summary>Tables that some converters store and every implementation recomputes.</summary>
    public static bool IsDerived(string name) =>
        name == RopeDivisors || name.EndsWith(".attn_rot_embd", StringComparison.Ordinal) || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);

    /// <summary>Tensors of a Hugging Face file that are not the language model's weights: tables, masks, other models.</summary>
    public static bool IsIgnored(HuggingFaceFamily family, string name) =>
        family.Others.Any(other => name.StartsWith(other, StringComparison.Ordinal)) || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal) || Mask().IsMatch(name);

    private static string? Translate(HuggingFaceFamily family, string name)
    {
        if (family.Tensors.GetValueOrDefault(name) is { } exact && exact.Contains('.', StringComparison.Ordinal))
            return exact;
        Match suffixed = Suffixed().Match(name);
        if (!suffixed.Success)
            return null;
        string part = suffixed.Groups[1].Value;
        string expert = "";
        if (InExpert().Match(part) is { Success: true } match)
        {
            expert = match.Groups[1].Value;
            part = $"{part[..match.Groups[1].Index]}*{part[(match.Groups[1].Index + expert.Length)..]}";
        }

        string? known = family.Tensors.GetValueOrDefault(part) ?? _usual.GetValueOrDefault(part);
        return known is null ? null : $"{known.Replace("*", expert, StringComparison.Ordinal)}.{suffixed.Groups[2].Value}";
    }

    private static bool IsInLayer(string name) => name.Split('.')[0] is not ("token_embd" or "position_embd" or "output_norm");

    [GeneratedRegex(@"^(layers|h)\.(0|[1-9]\d{0,4})\.(.+)$")]
    private static partial Regex LayerTensor();

    [GeneratedRegex(@"^(.+)\.(weight|bias)$")]
    private static partial Regex Suffixed();

    [GeneratedRegex(@"\.experts\.(0|[1-9]\d{0,4})\.")]
    private static partial Regex InExpert();

    [GeneratedRegex(@"^ffn_(?:gate|up|down)\.(\d{1,5})$")]
    private static partial Regex Expert();

    // GPT-2's, which old files store as if they were weights.
    [GeneratedRegex(@"^(transformer\.)?h\.\d{1,5}\.attn\.(bias|masked_bias)$")]
    private static partial Regex Mask();
}
