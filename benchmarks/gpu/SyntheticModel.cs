using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.GpuBenchmark;

/// <summary>Writes GGUF files with random weights, as fast as memory is written, and without a tokenizer. Speed does not depend on what weights say.</summary>
internal static class SyntheticModel
{
    public static void Write(string path, ModelShape shape, TensorType type)
    {
        var writer = new GgufWriter();
        foreach ((string key, object value) in Describe(shape))
            writer.SetMetadata(key, GgufValue.From(value));
        byte[] gain = new byte[shape.Width * sizeof(float)];
        MemoryMarshal.Cast<byte, float>(gain.AsSpan()).Fill(1);
        int seed = 0;
        Matrix("token_embd", shape.Vocabulary, shape.Width);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            writer.AddTensor($"blk.{layer}.attn_norm.weight", TensorType.F32, [shape.Width], gain);
            writer.AddTensor($"blk.{layer}.ffn_norm.weight", TensorType.F32, [shape.Width], gain);
            foreach ((string name, int rows, int columns) in shape.Matrices)
                Matrix($"blk.{layer}.{name}", rows, columns);
        }

        writer.AddTensor("output_norm.weight", TensorType.F32, [shape.Width], gain);
        if (!shape.TiedHead)
            Matrix("output", shape.Vocabulary, shape.Width);
        // Not saved safely: it is read at once and deleted.
        using FileStream file = File.Create(path, 1 << 20);
        writer.Write(file);

        void Matrix(string name, int rows, int columns)
        {
            int number = seed++;
            writer.AddTensor($"{name}.weight", type, [rows, columns], stream => Weights.Fill(type, columns, number, stream, BlockFormat.ByteLength(type, (long)rows * columns)));
        }
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
