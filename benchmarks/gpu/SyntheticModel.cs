using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.GpuBenchmark;

/// <summary>A model with random weights that takes no disk: a file of a header, and memory that its matrices share. Speed does not depend on what weights say.</summary>
/// <remarks>
/// Matrices with as many columns read the same bytes on the host, each from a place of its own. They are uploaded as any model's are: on the
/// device each is itself, at its full size.
/// </remarks>
internal sealed class SyntheticModel : IDisposable
{
    // Rows between two places: any row's length times this is a multiple of 32 bytes.
    private const int Step = 32;
    private const int Places = 16;

    private readonly string _header = Path.Combine(Path.GetTempPath(), $"gpu-benchmark-{Guid.NewGuid():N}.gguf");
    private readonly Dictionary<long, Weights> _matrices = [];
    private readonly Weights _gain;

    public SyntheticModel(ModelShape shape, TensorType type)
    {
        var writer = new GgufWriter();
        foreach ((string key, object value) in Describe(shape))
            writer.SetMetadata(key, GgufValue.From(value));
        Matrix("token_embd", shape.Vocabulary, shape.Width);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            Vector($"blk.{layer}.attn_norm");
            Vector($"blk.{layer}.ffn_norm");
            foreach ((string name, int rows, int columns) in shape.Matrices)
                Matrix($"blk.{layer}.{name}", rows, columns);
        }

        Vector("output_norm");
        if (!shape.TiedHead)
            Matrix("output", shape.Vocabulary, shape.Width);
        using (FileStream file = File.Create(_header))
            writer.WriteHeader(file);

        IEnumerable<(int Rows, int Columns)> sizes = shape.Matrices.Select(matrix => (matrix.Rows, matrix.Columns)).Append((shape.Vocabulary, shape.Width));
        foreach (IGrouping<int, int> rows in sizes.GroupBy(size => size.Columns, size => size.Rows))
            _matrices.Add(rows.Key, new Weights(type, rows.Max() + (Step * Places), rows.Key, seed: rows.Key));
        _gain = new Weights(TensorType.F32, 1, shape.Width, seed: 0);
        MemoryMarshal.Cast<byte, float>(_gain.Writable).Fill(1);

        void Matrix(string name, int rows, int columns) => writer.AddTensor($"{name}.weight", type, [rows, columns], _ => { });
        void Vector(string name) => writer.AddTensor($"{name}.weight", TensorType.F32, [shape.Width], _ => { });
    }

    /// <summary>Loads an engine, as from a file. It is disposed before this is.</summary>
    public InferenceEngine Load(EngineOptions options)
    {
        int count = 0;
        return InferenceEngine.Load(_header, options, path => GgufFile.Open(path, Bytes));

        StoredTensor Bytes(StoredTensor tensor)
        {
            bool isVector = tensor.Shape.Length == 1;
            StoredTensor memory = (isVector ? _gain : _matrices[tensor.Columns]).Tensor;
            long place = isVector ? 0 : count++ % Places * Step * (memory.ByteLength / memory.Rows);
            return new StoredTensor(tensor.Name, tensor.Type, tensor.Shape, memory.Address + (nint)place, tensor.ByteLength);
        }
    }

    public void Dispose()
    {
        File.Delete(_header);
        _gain.Dispose();
        foreach (Weights weights in _matrices.Values)
            weights.Dispose();
    }

    private static (string Key, object Value)[] Describe(ModelShape shape) =>
    [
        ("general.architecture", "llama"),
        ("general.name", $"{shape.Name} with random weights"),
        ("llama.block_count", (uint)shape.Layers),
        ("llama.context_length", (uint)shape.Context),
        ("llama.embedding_length", (uint)shape.Width),
        ("llama.feed_forward_length", (uint)shape.FeedForward),
        ("llama.attention.head_count", (uint)shape.Heads),
        ("llama.attention.head_count_kv", (uint)shape.KvHeads),
        ("llama.attention.key_length", (uint)shape.HeadSize),
        ("llama.attention.value_length", (uint)shape.HeadSize),
        ("llama.attention.layer_norm_rms_epsilon", 1e-5f),
        ("llama.rope.freq_base", 500_000f),
        ("llama.rope.dimension_count", (uint)shape.HeadSize),
        ("llama.vocab_size", (uint)shape.Vocabulary),
    ];
}
