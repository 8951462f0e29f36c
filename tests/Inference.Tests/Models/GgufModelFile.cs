using Inference.Formats;

namespace Inference.Tests.Models;

/// <summary>Writes a plain model as a GGUF file.</summary>
internal sealed class GgufModelFile
{
    private readonly Dictionary<string, GgufValue> _tokenizer;

    /// <param name="shape">The numbers.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="tokens">Size of the tokenizer's vocabulary, which may be smaller than the model's.</param>
    public GgufModelFile(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights, int tokens = 512)
    {
        _tokenizer = MadeUpVocabulary.Of(tokens);
        Metadata = GgufMetadata.Of(shape);
        Tensors = weights.Count == 0 ? [] : GgufTensors.Of(shape, weights);
        AddRopeFactors(shape.Rope);
    }

    public Dictionary<string, object> Metadata { get; }

    public Dictionary<string, PlainTensor> Tensors { get; }

    public static string NameOf(string plain) => GgufTensors.NameOf(plain);

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
        foreach ((string key, GgufValue value) in _tokenizer)
            writer.SetMetadata(key, value);
        return writer;
    }

    private void AddRopeFactors(PlainRope rope)
    {
        if (rope.Kind == "llama3")
        {
            // Converters store by how much each frequency is divided.
            PlainRope plain = rope with { Kind = "none" };
            Tensors["rope_freqs.weight"] = Vector([.. Enumerable.Range(0, rope.Dimensions / 2).Select(i => plain.Frequency(i) / rope.Frequency(i))]);
        }
        else if (rope.Kind == "longrope")
        {
            Tensors["rope_factors_long.weight"] = Vector(rope.LongFactors);
            Tensors["rope_factors_short.weight"] = Vector(rope.ShortFactors);
        }
    }

    private static PlainTensor Vector(double[] values) => new([values.Length], Array.ConvertAll(values, v => (float)v));
}
