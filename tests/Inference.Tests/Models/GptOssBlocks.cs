using System.Text.Json.Nodes;
using Inference.Formats;

namespace Inference.Tests.Models;

/// <summary>A random gpt-oss model whose experts are in MXFP4, as the published ones are.</summary>
internal sealed class GptOssBlocks
{
    private static readonly string[] _parts = ["gate_proj", "up_proj", "down_proj"];
    private readonly PlainShape _shape;
    private readonly Dictionary<string, PlainMxfp4> _experts;

    public GptOssBlocks(PlainShape shape, int seed)
    {
        _shape = shape;
        Weights = RandomModel.Create(shape, seed);
        _experts = Weights.Keys.Where(IsExpertMatrix).ToDictionary(name => name, name => PlainMxfp4.Quantize(Weights[name]));
        foreach ((string name, PlainMxfp4 blocks) in _experts)
            Weights[name] = blocks.ToTensor();
    }

    /// <summary>What the blocks stand for.</summary>
    public Dictionary<string, PlainTensor> Weights { get; }

    public byte[] ToGguf(int tokens = 512)
    {
        var file = new GgufModelFile(_shape, Weights, tokens);
        GgufWriter writer = file.ToWriter();
        foreach ((string name, PlainTensor tensor) in file.Tensors)
        {
            if (!name.Contains("_exps.weight", StringComparison.Ordinal))
            {
                writer.AddTensor(name, TensorType.F32, tensor.Shape, tensor.ToBytes());
                continue;
            }

            string layer = name.Split('.')[1];
            string part = _parts.Single(p => name.Contains("ffn_" + p[..^5], StringComparison.Ordinal));
            byte[] bytes = [.. Enumerable.Range(0, _shape.Experts).SelectMany(e => _experts[$"model.layers.{layer}.mlp.experts.{e}.{part}.weight"].ToGguf())];
            writer.AddTensor(name, TensorType.MXFP4, tensor.Shape, bytes);
        }

        using MemoryStream stream = new();
        writer.Write(stream);
        return stream.ToArray();
    }

    public CheckpointFolder ToCheckpoint(CheckpointStyle style)
    {
        var folder = new CheckpointFolder(_shape, Weights, style);
        folder.Config["quantization_config"] = new JsonObject
        {
            ["quant_method"] = "mxfp4",
            ["modules_to_not_convert"] = new JsonArray("model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"),
        };
        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.mlp.experts.";
            folder.Tensors.Remove(prefix + "gate_up_proj");
            folder.Tensors.Remove(prefix + "down_proj");
            Add(folder, prefix, "down_proj", _shape.Width, _shape.FeedForward, e => _experts[$"{prefix}{e}.down_proj.weight"]);
            Add(folder, prefix, "gate_up_proj", 2 * _shape.FeedForward, _shape.Width, e =>
                PlainMxfp4.Quantize(PlainTensor.Zip(Weights[$"{prefix}{e}.gate_proj.weight"], Weights[$"{prefix}{e}.up_proj.weight"])));
        }

        return folder;
    }

    private void Add(CheckpointFolder folder, string prefix, string name, int rows, int columns, Func<int, PlainMxfp4> expert)
    {
        PlainMxfp4[] all = [.. Enumerable.Range(0, _shape.Experts).Select(expert)];
        folder.Bytes[$"{prefix}{name}_blocks"] = ([_shape.Experts, rows, columns / 32, 16], [.. all.SelectMany(e => e.ToCheckpoint())]);
        folder.Bytes[$"{prefix}{name}_scales"] = ([_shape.Experts, rows, columns / 32], [.. all.SelectMany(e => e.Scales)]);
    }

    private static bool IsExpertMatrix(string name) => name.Contains(".experts.", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal);
}
