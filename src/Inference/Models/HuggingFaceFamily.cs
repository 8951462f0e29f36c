using Inference.Formats;

namespace Inference.Models;

/// <summary>How a family's Hugging Face files differ from those of Llama: names of members and tensors, values of absent members, layout.</summary>
internal sealed record HuggingFaceFamily
{
    /// <summary>Names of members where they differ: the usual name, then this family's.</summary>
    public Dictionary<string, string> Keys { get; init; } = [];

    /// <summary>Values of members that files leave out, by their usual names; null stands for what is computed from others.</summary>
    public Dictionary<string, double> Defaults { get; init; } = [];

    /// <summary>Whether embedding and head are one tensor unless the file says otherwise.</summary>
    public bool TiesEmbeddings { get; init; }

    /// <summary>The feed-forward width of files that state none, in widths; 0 where it must be stated.</summary>
    public int FeedForwardRatio { get; init; }

    /// <summary>Whether the weights of a row's experts sum to 1 unless the file says otherwise (norm_topk_prob).</summary>
    public bool NormalizesExperts { get; init; } = true;

    /// <summary>What the activation may be called; null for the usual names of the family's activation.</summary>
    public string[]? Activations { get; init; }

    /// <summary>The quantisation that its files may have, or null.</summary>
    public string? Quantization { get; init; }

    /// <summary>Where the numbers of the language model are, in files that hold another model beside it; null for the outermost object.</summary>
    public string? TextConfig { get; init; }

    /// <summary>Names of tensors where they differ: whole names, or the parts within a layer.</summary>
    public Dictionary<string, string> Tensors { get; init; } = [];

    /// <summary>What stands before the names of tensors, the one to show in messages first.</summary>
    public string[] Prefixes { get; init; } = ["model."];

    /// <summary>What the list of layers is called.</summary>
    public string LayerList { get; init; } = "layers";

    /// <summary>Beginnings of the names of tensors of other models beside the language model.</summary>
    public string[] Others { get; init; } = [];

    /// <summary>The number of key-value heads, where it takes more than reading a number.</summary>
    public Func<ConfigObject, int, int>? KvHeads { get; init; }

    /// <summary>Refuses members that would change the computation; null where the usual ones are all.</summary>
    public Action<ConfigObject>? Check { get; init; }

    /// <summary>Brings tensors into the order of rows and columns that GGUF files have; null where they are in it. They are named as in GGUF files then.</summary>
    public Action<Dictionary<string, StoredTensor>, DecoderConfig>? Arrange { get; init; }

    /// <summary>This family's name of a member.</summary>
    public string Key(string usual) => Keys.GetValueOrDefault(usual, usual);
}
