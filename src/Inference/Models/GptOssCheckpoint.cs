using Inference.Formats;

namespace Inference.Models;

/// <summary>Brings the experts of gpt-oss's Hugging Face files into the order of GGUF files.</summary>
/// <remarks>
/// There, gate and up are one tensor with their rows by turns. In floats each expert is [inputs, outputs]; in MXFP4 it is [outputs, inputs],
/// with scales apart, and neighbouring elements share a byte where a GGUF block has the first and the second half of 32.
/// </remarks>
internal static class GptOssCheckpoint
{
    private const int BlockElements = 32;
    private const int CodeBytes = 16;

    public static void Arrange(Dictionary<string, StoredTensor> tensors, DecoderConfig config)
    {
        for (int layer = 0; layer < config.Layers; layer++)
        {
            string prefix = $"blk.{layer}.";
            Split(tensors, config, prefix, "ffn_gate_up_exps", config.Width, 2 * config.ExpertWidth, [("ffn_gate", 0), ("ffn_up", 1)]);
            Split(tensors, config, prefix, "ffn_down_exps", config.ExpertWidth, config.Width, [("ffn_down", 0)]);
        }
    }

    /// <param name="tensors">The tensors by their names.</param>
    /// <param name="config">How many experts there are.</param>
    /// <param name="prefix">The layer's.</param>
    /// <param name="name">What is stored.</param>
    /// <param name="inputs">Columns of an expert's matrix.</param>
    /// <param name="outputs">Its rows, of all parts.</param>
    /// <param name="parts">What it consists of, and the first row of each.</param>
    private static void Split(Dictionary<string, StoredTensor> tensors, DecoderConfig config, string prefix, string name, int inputs, int outputs, (string Name, int First)[] parts)
    {
        string path = prefix + name;
        tensors.Remove(path + ".weight", out StoredTensor? weights);
        tensors.Remove(path + ".bias", out StoredTensor? biases);
        tensors.Remove(path + ".blocks", out StoredTensor? blocks);
        tensors.Remove(path + ".scales", out StoredTensor? scales);
        int rows = outputs / parts.Length;
        Check(biases, path + ".bias", [config.Experts, outputs]);
        if (blocks is null && scales is null)
        {
            Check(weights, path + ".weight", [config.Experts, inputs, outputs]);
        }
        else
        {
            if (weights is not null)
                throw new TensorLayoutException(weights.Name, "a tensor is there in floats and in MXFP4");
            if (inputs % BlockElements != 0)
                throw new TensorLayoutException((blocks ?? scales)!.Name, $"rows of {inputs} elements cannot be in blocks of {BlockElements}");
            Check(blocks, path + ".blocks", [config.Experts, outputs, inputs / BlockElements, CodeBytes]);
            Check(scales, path + ".scales", [config.Experts, outputs, inputs / BlockElements]);
        }

        foreach ((string part, int first) in parts)
        {
            for (int expert = 0; expert < config.Experts; expert++)
            {
                string target = $"{prefix}{part}.{expert}";
                tensors[target + ".weight"] = weights is not null
                    ? DerivedTensor.TransposeRows(weights, [rows, inputs], (long)expert * inputs, inputs, first, parts.Length, rows)
                    : Interleave(blocks!, scales!, (long)expert * outputs + first, parts.Length, rows, inputs);
                tensors[target + ".bias"] = DerivedTensor.TransposeRows(biases!, [rows], expert, 1, first, parts.Length, rows);
            }
        }
    }

    /// <summary>Rows of blocks, with scales and codes together as GGUF has them.</summary>
    private static StoredTensor Interleave(StoredTensor blocks, StoredTensor scales, long first, int step, int rows, int columns)
    {
        int blocksPerRow = columns / BlockElements;
        byte[] bytes = DerivedTensor.Allocate(blocks, (long)rows * blocksPerRow * (CodeBytes + 1));
        int end = 0;
        for (long row = first; row < first + (long)rows * step; row += step)
        {
            for (int block = 0; block < blocksPerRow; block++)
            {
                long index = row * blocksPerRow + block;
                ReadOnlySpan<byte> codes = DerivedTensor.Bytes(blocks, index * CodeBytes, CodeBytes);
                bytes[end++] = DerivedTensor.Bytes(scales, index, 1)[0];
                for (int i = 0; i < CodeBytes; i++)
                    bytes[end++] = (byte)(Code(codes, i) | (Code(codes, i + CodeBytes) << 4));
            }
        }

        return DerivedTensor.Create(blocks.Name, TensorType.MXFP4, [rows, columns], bytes);
    }

    private static int Code(ReadOnlySpan<byte> codes, int element) => (codes[element / 2] >> (element % 2 * 4)) & 15;

    private static void Check(StoredTensor? tensor, string name, long[] shape)
    {
        if (tensor is null)
            throw new TensorLayoutException(name, "a tensor is missing");
        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
            throw new TensorLayoutException(tensor.Name, $"a tensor has shape {string.Join(" x ", tensor.Shape)} where {string.Join(" x ", shape)} is expected");
    }
}
