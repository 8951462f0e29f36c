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

    public CheckpointFolder(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights, CheckpointStyle style = CheckpointStyle.Published)
    {
        Tensors = CheckpointTensors.Of(shape, weights, style);
        Config = CheckpointConfig.Of(shape, style);
    }

    public Dictionary<string, PlainTensor> Tensors { get; }

    /// <summary>Tensors of bytes, beside those of 32-bit floats.</summary>
    public Dictionary<string, (long[] Shape, byte[] Bytes)> Bytes { get; } = [];

    public JsonObject Config { get; }

    public string WriteTo(TemporaryFolder folder)
    {
        folder.Write("config.json", Config.ToJsonString());
        folder.Write("tokenizer.json", Tokenizer);
        folder.Write("model.safetensors", SafetensorsOf(Tensors, Bytes));
        return folder.Path;
    }

    /// <summary>The bytes of a safetensors file: the length of a JSON header, the header, the tensors one after another.</summary>
    public static byte[] SafetensorsOf(IReadOnlyDictionary<string, PlainTensor> tensors, IReadOnlyDictionary<string, (long[] Shape, byte[] Bytes)>? ofBytes = null)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        List<byte> data = [];
        foreach ((string name, PlainTensor tensor) in tensors)
            Add(name, "F32", tensor.Shape, tensor.ToBytes());
        foreach ((string name, (long[] shape, byte[] bytes)) in ofBytes ?? new Dictionary<string, (long[], byte[])>())
            Add(name, "U8", shape, bytes);

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. data];

        void Add(string name, string type, long[] shape, byte[] bytes)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = new JsonArray([.. shape.Select(n => JsonValue.Create(n))]),
                ["data_offsets"] = new JsonArray(data.Count, data.Count + bytes.Length),
            };
            data.AddRange(bytes);
        }
    }
}
