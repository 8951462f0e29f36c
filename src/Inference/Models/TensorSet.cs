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
    private readonly HuggingFaceFamily? _family;

    public TensorSet(ModelFile file, DecoderConfig config)
    {
        _path = file.Path;
        _family = file is SafetensorsModel ? config.Architecture.HuggingFace : null;
        if (file is GgufFile { IsHeaderOnly: true })
            throw new ModelFormatException(_path, null, file.ByteLength, "the file ends before the data of its tensors");
        _tensors = new Dictionary<string, StoredTensor>(file.Tensors.Count);
        foreach ((string name, StoredTensor tensor) in file.Tensors)
        {
            if (_family is not null && TensorNames.IsIgnored(_family, name))
                continue;
            // What has no GGUF name is kept under one that nobody asks for, to be refused as unused.
            string known = _family is null ? name : TensorNames.FromHuggingFace(_family, name) ?? "unknown: " + name;
            ByteLength += tensor.ByteLength;
            if (!_tensors.TryAdd(known, tensor))
                throw new ModelFormatException(_path, name, -1, $"two tensors stand for '{known}'");
        }

        if (_family is not null)
            Arrange(config);
    }

    /// <summary>Bytes of all tensors.</summary>
    public long ByteLength { get; }

    /// <summary>The tensors by where they belong: in each layer, before the layers, behind them.</summary>
    public (IReadOnlyList<StoredTensor>[] Layers, IReadOnlyList<StoredTensor> Input, IReadOnlyList<StoredTensor> Output) Places(int layers)
    {
        var inLayers = new List<StoredTensor>[layers];
        for (int i = 0; i < layers; i++)
            inLayers[i] = [];
        List<StoredTensor> input = [], output = [];
        foreach ((string name, StoredTensor tensor) in _tensors)
        {
            if (name.StartsWith("blk.", StringComparison.Ordinal) && int.TryParse(name.AsSpan(4, Math.Max(0, name.IndexOf('.', 4) - 4)), out int layer) && layer >= 0 && layer < layers)
                inLayers[layer].Add(tensor);
            else if (name is TensorNames.Embedding or TensorNames.Positions)
                input.Add(tensor);
            else
                output.Add(tensor);
        }

        // A tied table is the head as well.
        if (!Has(TensorNames.Output) && _tensors.TryGetValue(TensorNames.Embedding, out StoredTensor? table))
            output.Add(table);
        return (inLayers, input, output);
    }

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
        if (!_tensors.TryGetValue(TensorNames.Embedding, out StoredTensor? tensor) && !(_family is not null && _tensors.TryGetValue(TensorNames.Output, out tensor)))
            throw Missing(TensorNames.Embedding);
        if (tensor.Shape.Length != 2 || tensor.Columns != width || tensor.Rows is < 1 or > MostTokens)
            throw new ModelFormatException(_path, tensor.Name, -1, $"a tensor has shape {string.Join(" x ", tensor.Shape)} where vocabulary x {width} is expected");
        return (int)tensor.Rows;
    }

    /// <summary>Refuses dimensions that no tensor of the file has, before anything is allocated by them.</summary>
    public void CheckShapes(DecoderConfig config)
    {
        long queries = (long)config.Heads * config.HeadSize;
        long keys = (long)config.KvHeads * config.HeadSize;
        if (FusesQueryKeyValue(config))
        {
            Take(TensorNames.InLayer(0, "attn_qkv.weight"), queries + 2 * keys, config.Width);
        }
        else
        {
            Take(TensorNames.InLayer(0, "attn_q.weight"), queries, config.Width);
            Take(TensorNames.InLayer(0, "attn_k.weight"), keys, config.Width);
        }

        for (int layer = 0; layer < config.Layers; layer++)
        {
            // The names of the experts' tensors are as many as a file says: each is looked for before more is done by their number.
            if (config.HasExperts(layer))
                Expert(layer, "ffn_down", config.Experts - 1, config.Experts, config.Width, config.ExpertWidth);
            else if (layer == 0 || (layer > 0 && config.HasExperts(layer - 1)))
                Take(TensorNames.InLayer(layer, "ffn_down.weight"), config.Width, config.FeedForwardWidth);
        }

        Take(TensorNames.InLayer(config.Layers - 1, "attn_output.weight"), config.Width, queries);
        if (config.Architecture.LearnsPositions)
            Take(TensorNames.Positions, config.ContextLength, config.Width);
    }

    /// <summary>Whether queries, keys and values are one tensor; where neither layout is there, the family's usual one is to be missed.</summary>
    public bool FusesQueryKeyValue(DecoderConfig config) =>
        Has(TensorNames.InLayer(0, "attn_qkv.weight")) || (config.Architecture.FusesQueryKeyValue && !Has(TensorNames.InLayer(0, "attn_q.weight")));

    /// <summary>An expert's matrix: a part of the tensor of all experts, or a tensor of its own.</summary>
    public StoredTensor Expert(int layer, string part, int expert, int experts, int rows, int columns)
    {
        string together = TensorNames.InLayer(layer, part + "_exps.weight");
        string alone = TensorNames.InLayer(layer, $"{part}.{expert}.weight");
        return Has(together) || !Has(alone) && _family is null
            ? Take(together, experts, rows, columns).Slice((long)expert * rows, rows, columns)
            : Take(alone, rows, columns);
    }

    /// <summary>An expert's bias, or null where there is none.</summary>
    public StoredTensor? ExpertBias(int layer, string part, int expert, int experts, int length, bool isNeeded)
    {
        string together = TensorNames.InLayer(layer, part + "_exps.bias");
        if (TryTake(together, experts, length) is { } all)
            return all.Slice(expert, length);
        string alone = TensorNames.InLayer(layer, $"{part}.{expert}.bias");
        return TryTake(alone, length) ?? (isNeeded ? throw Missing(_family is null ? together : alone) : null);
    }

    /// <summary>Takes note that a tensor has been read elsewhere, where it is there.</summary>
    public void Skip(string name) => _taken.Add(name);

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
        new(_path, _family is null ? name : TensorNames.ToHuggingFace(_family, name), -1, "a tensor is missing");

    /// <summary>Gives a checkpoint's tensors the layout that GGUF files have.</summary>
    private void Arrange(DecoderConfig config)
    {
        try
        {
            if (config.Architecture.AddsOneToGains)
            {
                foreach (string name in _tensors.Keys.Where(name => name.EndsWith("_norm.weight", StringComparison.Ordinal)).ToArray())
                    _tensors[name] = DerivedTensor.PlusOne(_tensors[name]);
            }

            _family!.Arrange?.Invoke(_tensors, config);
        }
        catch (TensorLayoutException refusal)
        {
            throw new ModelFormatException(_path, refusal.Tensor.StartsWith("blk.", StringComparison.Ordinal) ? TensorNames.ToHuggingFace(_family!, refusal.Tensor) : refusal.Tensor, -1, refusal.Problem, refusal);
        }
    }
}
