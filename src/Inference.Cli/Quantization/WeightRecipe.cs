using Inference.Formats;

namespace Inference.Cli.Quantization;

/// <summary>Which type each matrix of a model is written in.</summary>
/// <param name="Name">What a person calls it.</param>
/// <param name="Type">The type of most matrices.</param>
/// <param name="IsMixed">Whether the layers' matrices that suffer most from quantisation get more bits.</param>
/// <param name="FileType">The number that GGUF files give it in general.file_type.</param>
internal sealed record WeightRecipe(string Name, TensorType Type, bool IsMixed, uint FileType)
{
    private static readonly WeightRecipe[] _known =
    [
        new("F32", TensorType.F32, false, 0),
        new("F16", TensorType.F16, false, 1),
        new("BF16", TensorType.BF16, false, 32),
        new("Q8_0", TensorType.Q8_0, false, 7),
        new("Q4_0", TensorType.Q4_0, false, 2),
        new("Q4_K", TensorType.Q4_K, false, 14),
        new("Q4_K_M", TensorType.Q4_K, true, 15),
        new("Q6_K", TensorType.Q6_K, false, 18),
    ];

    /// <summary>The names of all recipes.</summary>
    public static string Names { get; } = string.Join(", ", _known.Select(recipe => recipe.Name));

    /// <summary>The recipe of that name.</summary>
    public static WeightRecipe Parse(string name)
        => _known.FirstOrDefault(recipe => recipe.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new UserErrorException($"Type '{name}' cannot be written; the types are {Names}.");

    /// <summary>The type of one tensor of more than one row.</summary>
    /// <param name="tensor">Its name in the file.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="tiedHead">Whether the embedding is the head as well.</param>
    public TensorType TypeOf(string tensor, int layers, bool tiedHead)
    {
        if (IsExact(tensor))
            return TensorType.F32;
        return (HasFinerHead && IsHead(tensor, tiedHead)) || (IsMixed && NeedsMoreBits(tensor, layers)) ? TensorType.Q6_K : Type;
    }

    /// <summary>The type itself where rows divide into its blocks, else the next finer one that fits, as llama.cpp chooses it.</summary>
    public static TensorType Fitting(TensorType type, long columns)
    {
        if (columns % BlockFormat.BlockSize(type) == 0)
            return type;
        if (columns % BlockFormat.BlockSize(TensorType.Q8_0) != 0)
            return TensorType.F16;
        return type == TensorType.Q4_K ? TensorType.Q5_0 : TensorType.Q8_0;
    }

    // Four bits are too few for the head; files that llama.cpp writes give it six.
    private bool HasFinerHead => Type is TensorType.Q4_0 or TensorType.Q4_K;

    // Routers are small and decide much, positions are added once and carried on: they stay as exact as vectors do, of which the biases of all experts are a list.
    private static bool IsExact(string tensor) =>
        tensor.EndsWith(".bias", StringComparison.Ordinal) || tensor == "position_embd.weight" || tensor.EndsWith(".ffn_gate_inp.weight", StringComparison.Ordinal);

    private static bool IsHead(string tensor, bool tiedHead) => tensor == "output.weight" || (tensor == "token_embd.weight" && tiedHead);

    // The usual "medium" mix: values and the down projection in the first and last eighth and every third layer between.
    private static bool NeedsMoreBits(string tensor, int layers)
    {
        string[] parts = tensor.Split('.');
        if (parts is not ["blk", var number, "attn_v" or "ffn_down" or "ffn_down_exps", .., "weight"] || !int.TryParse(number, out int layer))
            return false;
        return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
    }
}
