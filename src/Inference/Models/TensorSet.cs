using Inference.Formats;

namespace Inference.Models;

/// <summary>A model file's tensors by their GGUF names, taken one by one so that missing, misshaped and unused ones are found.</summary>
internal sealed class TensorSet
{
    /// <summary>Some times the largest vocabulary there is.</summary>
    private const int MostTokens = 1 << 22;

    private readonly string _path;
    private readonly Dictionary<string, StoredTensor> _tensors;
    private readonly HashSet<string> _taken = [];
    private readonly bool _isCheckpoint;

    public TensorSet(ModelFile file)
    {
        _path = file.Path;
        _isCheckpoint = file is SafetensorsModel;
        if (file is GgufFile { IsHeaderOnly: true })
            throw new ModelFormatException(_path, null, file.ByteLength, "the file ends before the data of its tensors");
        _tensors = new Dictionary<string, StoredTensor>(file.Tensors.Count);
        foreach ((string name, StoredTensor tensor) in file.Tensors)
        {
            // What has no GGUF name is kept under one that nobody asks for, to be refused as unused.
            string known = _isCheckpoint ? TensorNames.FromHuggingFace(name) ?? "unknown: " + name : name;
            ByteLength += tensor.ByteLength;
            if (!_tensors.TryAdd(known, tensor))
                throw new ModelFormatException(_path, name, -1, $"two tensors stand for '{known}'");
        }
    }

    /// <summary>Bytes of all tensors.</summary>
    public long ByteLength { get; }

    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>The tensor of that name, checked to have that shape.</summary>
    public StoredTensor Take(string name, params ReadOnlySpan<long> shape) =>
        TryTake(name, shape) ?? throw Missing(name);

    /// <summary>The tensor of that name, checked to have that shape, or null where the file has none.</summary>
    public StoredTensor? TryTake(string name, params ReadOnlySpan<long> shape)
    {
        if (!_tensors.TryGetValue(name, out StoredTensor? tensor))
            return null;
        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
        {
            string expected = string.Join(" x ", shape.ToArray());
            throw new ModelFormatException(_path, tensor.Name, -1, $"a tensor has shape {string.Join(" x ", tensor.Shape)} where {expected} is expected");
        }

        if (!BlockFormat.IsComputable(tensor.Type))
            throw new ModelFormatException(_path, tensor.Name, -1, $"a tensor has type {tensor.Type}, which cannot be computed with");
        _taken.Add(name);
        return tensor;
    }

    /// <summary>Rows of the embedding table, the size of the vocabulary.</summary>
    public int VocabularySize(int width)
    {
        // A checkpoint that ties the two may store them under the name of either; a GGUF file has no other name for the table.
        if (!_tensors.TryGetValue(TensorNames.Embedding, out StoredTensor? tensor) && !(_isCheckpoint && _tensors.TryGetValue(TensorNames.Output, out tensor)))
            throw Missing(TensorNames.Embedding);
        if (tensor.Shape.Length != 2 || tensor.Columns != width || tensor.Rows is < 1 or > MostTokens)
            throw new ModelFormatException(_path, tensor.Name, -1, $"a tensor has shape {string.Join(" x ", tensor.Shape)} where vocabulary x {width} is expected");
        return (int)tensor.Rows;
    }

    /// <summary>Refuses dimensions that no tensor of the file has, before anything is allocated by them.</summary>
    public void CheckShapes(DecoderConfig config)
    {
        Take(TensorNames.InLayer(0, "attn_q.weight"), (long)config.Heads * config.HeadSize, config.Width);
        Take(TensorNames.InLayer(0, "attn_k.weight"), (long)config.KvHeads * config.HeadSize, config.Width);
        Take(TensorNames.InLayer(0, "ffn_down.weight"), config.Width, config.FeedForwardWidth);
        Take(TensorNames.InLayer(config.Layers - 1, "attn_norm.weight"), config.Width);
    }

    /// <summary>Refuses a file with tensors that nobody took: leaving them out would compute something else than the model.</summary>
    public void ThrowIfUnused()
    {
        foreach ((string name, StoredTensor tensor) in _tensors)
        {
            if (!_taken.Contains(name) && !TensorNames.IsDerived(name))
                throw new ModelFormatException(_path, tensor.Name, -1, "a tensor has no place in this architecture");
        }
    }

    private ModelFormatException Missing(string name) =>
        new(_path, _isCheckpoint ? TensorNames.ToHuggingFace(name) : name, -1, "a tensor is missing");
}
