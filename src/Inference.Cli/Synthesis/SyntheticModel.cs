using System.Runtime.InteropServices;
using Inference.Cli.Quantization;
using Inference.Formats;

namespace Inference.Cli.Synthesis;

/// <summary>A model with a real shape and a real tokenizer, and random weights.</summary>
internal static class SyntheticModel
{
    private const int WriteBytes = 8 << 20;

    /// <summary>Writes the file.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="shape">The dimensions; the vocabulary is at least the tokenizer's.</param>
    /// <param name="recipe">The types of the matrices.</param>
    /// <param name="vocabulary">The tokenizer.</param>
    /// <param name="seed">The same seed gives the same bytes.</param>
    /// <param name="progress">Told the fraction done.</param>
    /// <param name="cancellationToken">Gives up; no file is left.</param>
    public static void Write(string path, ModelShape shape, WeightRecipe recipe, VocabularyMetadata vocabulary, ulong seed, IProgress<double> progress, CancellationToken cancellationToken)
    {
        GgufWriter writer = new();
        Describe(writer, shape, recipe, vocabulary);
        RandomWeights weights = new(seed);
        SyntheticTensor[] tensors = [.. SyntheticTensor.Of(shape)];
        long total = tensors.Sum(tensor => tensor.Elements);
        long done = 0;
        for (int i = 0; i < tensors.Length; i++)
        {
            SyntheticTensor tensor = tensors[i];
            int index = i;
            TensorType type = tensor.IsMatrix ? WeightRecipe.Fitting(recipe.TypeOf(tensor.Name, shape.Layers, shape.TiedHead), tensor.Columns) : TensorType.F32;
            writer.AddTensor(tensor.Name, type, tensor.Shape, stream =>
            {
                if (tensor.IsMatrix)
                    WriteMatrix(stream, tensor, type, index, weights, cancellationToken);
                else
                    stream.Write(MemoryMarshal.AsBytes<float>(weights.Gains((int)tensor.Columns, index)));
                done += tensor.Elements;
                progress.Report((double)done / total);
            });
        }

        if (shape.Llama3Scaling is { } scaling)
        {
            float[] divisors = scaling.Divisors(shape.HeadSize, shape.RopeTheta);
            writer.AddTensor("rope_freqs.weight", TensorType.F32, [divisors.Length], MemoryMarshal.AsBytes<float>(divisors).ToArray());
        }

        writer.Save(path);
    }

    private static void WriteMatrix(Stream stream, SyntheticTensor tensor, TensorType type, int index, RandomWeights weights, CancellationToken cancellationToken)
    {
        long length = BlockFormat.ByteLength(type, tensor.Elements);
        int piece = RandomWeights.PieceBytes(type);
        byte[] buffer = new byte[(int)Math.Min(length, WriteBytes / piece * piece)];
        for (long start = 0; start < length; start += buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Memory<byte> part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - start));
            weights.Fill(type, tensor.Deviation, index, start, part);
            stream.Write(part.Span);
        }
    }

    private static void Describe(GgufWriter writer, ModelShape shape, WeightRecipe recipe, VocabularyMetadata vocabulary)
    {
        Set("general.architecture", shape.Architecture);
        Set("general.name", $"{shape.Name} with random weights");
        Set("general.file_type", recipe.FileType);
        Set("general.quantization_version", 2u);
        string family = shape.Architecture;
        Set($"{family}.block_count", (uint)shape.Layers);
        Set($"{family}.context_length", (uint)shape.Context);
        Set($"{family}.embedding_length", (uint)shape.Width);
        Set($"{family}.feed_forward_length", (uint)shape.FeedForward);
        Set($"{family}.attention.head_count", (uint)shape.Heads);
        Set($"{family}.attention.head_count_kv", (uint)shape.KeyValueHeads);
        Set($"{family}.attention.key_length", (uint)shape.HeadSize);
        Set($"{family}.attention.value_length", (uint)shape.HeadSize);
        Set($"{family}.attention.layer_norm_rms_epsilon", shape.Epsilon);
        Set($"{family}.rope.freq_base", shape.RopeTheta);
        Set($"{family}.rope.dimension_count", (uint)shape.HeadSize);
        Set($"{family}.vocab_size", (uint)shape.Vocabulary);
        if (shape.Window > 0)
            Set($"{family}.attention.sliding_window", (uint)shape.Window);
        if (shape.Experts > 0)
        {
            Set($"{family}.expert_count", (uint)shape.Experts);
            Set($"{family}.expert_used_count", (uint)shape.ChosenExperts);
            Set($"{family}.expert_feed_forward_length", (uint)shape.FeedForward);
        }

        foreach ((string key, GgufValue value) in vocabulary.Padded(shape.Vocabulary))
            writer.SetMetadata(key, value);

        void Set(string key, object value) => writer.SetMetadata(key, GgufValue.From(value));
    }
}
