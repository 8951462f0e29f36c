using Inference.Formats;

namespace Inference.Models;

/// <summary>The tensors of a Hugging Face checkpoint, found by their GGUF names.</summary>
internal sealed class HuggingFaceTensors
{
    private readonly HuggingFaceFamily _family;
    private readonly Dictionary<string, StoredTensor> _tensors = [];

    public HuggingFaceTensors(HuggingFaceFamily family, IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        _family = family;
        foreach ((string name, StoredTensor tensor) in tensors)
        {
            if (TensorNames.FromHuggingFace(family, name) is { } known)
                _tensors.TryAdd(known, tensor);
        }
    }

    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>The name in the checkpoint of what has this name in GGUF files.</summary>
    public string NameOf(string name) => TensorNames.ToHuggingFace(_family, name);

    /// <summary>Refuses a configuration whose word on embedding and head the tensors do not keep.</summary>
    public void CheckHead(ConfigObject config, bool isUsuallyTied)
    {
        StoredTensor? embedding = _tensors.GetValueOrDefault(TensorNames.Embedding);
        StoredTensor? head = _tensors.GetValueOrDefault(TensorNames.Output);
        if (config.FindInt32("vocab_size") is { } size && (embedding ?? head) is { } table && table.Rows != size)
            throw config.Error("vocab_size", $"a vocabulary of {size} tokens is stated, and the tensor '{table.Name}' has {table.Rows} rows");
        bool isTied = config.FindBoolean("tie_word_embeddings") ?? isUsuallyTied;
        if (!isTied && (embedding is null || head is null))
            throw config.Error("tie_word_embeddings", $"embedding and head are not tied, and the tensor '{NameOf(head is null ? TensorNames.Output : TensorNames.Embedding)}' is missing");
        if (isTied && embedding is not null && head is not null && !AreEqual(embedding, head))
            throw config.Error("tie_word_embeddings", $"embedding and head are tied, and the tensors '{embedding.Name}' and '{head.Name}' differ");
    }

    private static bool AreEqual(StoredTensor one, StoredTensor other)
    {
        if (one.Type != other.Type || !one.Shape.AsSpan().SequenceEqual(other.Shape))
            return false;
        for (long row = 0; row < one.Rows; row++)
        {
            if (!one.Row(row).SequenceEqual(other.Row(row)))
                return false;
        }

        return true;
    }
}
