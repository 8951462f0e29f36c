using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>Writes a plain model as a Hugging Face checkpoint: safetensors, config.json, and a tokenizer of a few characters.</summary>
internal sealed class CheckpointFolder
{
    private const string Tokenizer = """
        {
          "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false },
          "decoder": { "type": "ByteLevel" },
          "model": { "type": "BPE", "vocab": { "a": 0, "b": 1, "c": 2, "Ġ": 3, "bc": 4, "Ġa": 5, "d": 6 }, "merges": ["b c", "Ġ a"] }
        }
        """;

    public CheckpointFolder(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights)
    {
        Tensors = weights.ToDictionary();
        Config = new JsonObject
        {
            ["model_type"] = shape.Family,
            ["hidden_size"] = shape.Width,
            ["num_hidden_layers"] = shape.Layers,
            ["num_attention_heads"] = shape.Heads,
            ["num_key_value_heads"] = shape.KvHeads,
            ["head_dim"] = shape.HeadSize,
            ["intermediate_size"] = shape.FeedForward,
            ["max_position_embeddings"] = shape.Context,
            ["rms_norm_eps"] = shape.Epsilon,
            ["vocab_size"] = shape.Vocabulary,
            ["tie_word_embeddings"] = shape.IsTied,
            ["hidden_act"] = "silu",
            ["torch_dtype"] = "float32",
            ["rope_theta"] = shape.Rope.Theta,
            ["rope_scaling"] = Scaling(shape.Rope),
        };
        if (shape.Rope.Dimensions != shape.HeadSize)
            Config["partial_rotary_factor"] = (double)shape.Rope.Dimensions / shape.HeadSize;
        if (shape.HasAllBiases)
            (Config["attention_bias"], Config["mlp_bias"]) = (true, true);
    }

    public Dictionary<string, PlainTensor> Tensors { get; }

    public JsonObject Config { get; }

    public string WriteTo(TemporaryFolder folder)
    {
        folder.Write("config.json", Config.ToJsonString());
        folder.Write("tokenizer.json", Tokenizer);
        folder.Write("model.safetensors", SafetensorsOf(Tensors));
        return folder.Path;
    }

    /// <summary>The bytes of a safetensors file: the length of a JSON header, the header, the tensors one after another.</summary>
    public static byte[] SafetensorsOf(IReadOnlyDictionary<string, PlainTensor> tensors)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        List<byte> data = [];
        foreach ((string name, PlainTensor tensor) in tensors)
        {
            int start = data.Count;
            data.AddRange(tensor.ToBytes());
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. tensor.Shape.Select(n => JsonValue.Create(n))]),
                ["data_offsets"] = new JsonArray(start, data.Count),
            };
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. data];
    }

    private static JsonObject? Scaling(PlainRope rope)
    {
        if (rope.Kind == "none")
            return null;
        var scaling = new JsonObject { ["rope_type"] = rope.Kind, ["factor"] = rope.Factor };
        if (rope.Kind != "linear")
            scaling["original_max_position_embeddings"] = (int)rope.Original;
        if (rope.Kind == "llama3")
            (scaling["low_freq_factor"], scaling["high_freq_factor"]) = (rope.LowFrequencyFactor, rope.HighFrequencyFactor);
        return scaling;
    }
}
