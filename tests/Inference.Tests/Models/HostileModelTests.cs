using System.Text;
using System.Text.Json.Nodes;
using Inference.Formats;
using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>Promise 6: a hostile file is an error message, or a model that generates; through the whole loader, thousands of them.</summary>
public sealed class HostileModelTests
{
    [Fact]
    public async Task Bytes_of_a_gguf_header()
    {
        byte[] original = File.ReadAllBytes(TestData.Stories260K);
        int header = 14160;
        using HostileRun run = new();
        run.Write("model.gguf", original);
        var random = new Random(20261123);
        byte[] interesting = [0, 1, 2, 4, 8, 9, 0x7F, 0x80, 0xFF];
        for (int i = 0; i < 2000; i++)
        {
            byte[] part = original[..header];
            // Half of them where numbers, names and types lie: before and behind the vocabulary.
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                int place = random.Next(4) switch { 0 => random.Next(1100), 1 => random.Next(header - 3200, header), _ => random.Next(header) };
                part[place] = random.Next(2) == 0 ? interesting[random.Next(interesting.Length)] : (byte)random.Next(256);
            }

            using (var stream = new FileStream(run.PathOf("model.gguf"), FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0))
                stream.Write(part);
            await run.Try($"change {i}", "model.gguf");
        }

        Assert.InRange(run.Refused, 100, 1900);
        Assert.InRange(run.Generated, 100, 1900);
    }

    [Fact]
    public async Task Values_of_gguf_metadata()
    {
        using GgufFile stories = GgufFile.Open(TestData.Stories260K);
        PlainShape shape = new("llama", 16, 1, 2, 1, 8, 24, new(8)) { Vocabulary = 512 };
        var model = new GgufModelFile(shape, RandomModel.Create(shape, 1));
        Dictionary<string, object> metadata = stories.Metadata.ToDictionary(m => m.Key, m => (object)m.Value);
        foreach ((string key, object value) in model.Metadata)
            metadata[key] = value;
        foreach (string key in (string[])["rope.scaling.type", "rope.scaling.factor", "rope.scaling.yarn_beta_fast", "attention.sliding_window", "expert_count"])
            metadata.TryAdd("llama." + key, null!);
        foreach (string key in (string[])["merges", "pre", "add_bos_token", "add_space_prefix", "eot_token_id"])
            metadata.TryAdd("tokenizer.ggml." + key, null!);

        using HostileRun run = new();
        foreach (string key in metadata.Keys)
        {
            foreach (object extreme in HostileValues.Gguf)
                await TryChanged(key, extreme);
        }

        foreach ((string key, object value) in HostileVocabularies(stories))
            await TryChanged(key, value);
        Assert.InRange(run.Refused, 300, run.Total - 100);
        Assert.InRange(run.Generated, 100, run.Total);

        async Task TryChanged(string key, object value)
        {
            GgufWriter writer = new();
            foreach ((string other, object known) in metadata)
            {
                object? written = other == key ? value : known;
                if (written is not null && !(other == "general.alignment" && written is not uint))
                    writer.SetMetadata(other, written as GgufValue ?? GgufValue.From(written));
            }

            foreach ((string name, PlainTensor tensor) in model.Tensors)
                writer.AddTensor(name, TensorType.F32, tensor.Shape, tensor.ToBytes());
            using MemoryStream stream = new();
            writer.Write(stream);
            run.Write("model.gguf", stream.GetBuffer().AsSpan(0, (int)stream.Length));
            await run.Try($"{key} = {GgufValue.From(value)}", "model.gguf", ownCache: key == "llama.context_length");
        }
    }

    [Fact]
    public async Task Types_and_shapes_of_gguf_tensors()
    {
        PlainShape shape = new("llama", 32, 2, 2, 1, 16, 64, new(16));
        var model = new GgufModelFile(shape, RandomModel.Create(shape, 1));
        model.Tensors["rope_freqs.weight"] = new PlainTensor([8], [1, 1, 1, 1, 2, 2, 2, 2]);
        using HostileRun run = new();
        var random = new Random(7);
        byte[] noise = new byte[1 << 18];
        random.NextBytes(noise);
        TensorType[] types = [TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q5_1, TensorType.IQ4_NL, TensorType.MXFP4, TensorType.I8, TensorType.I32, TensorType.F64];
        foreach (string changed in model.Tensors.Keys)
        {
            foreach (TensorType type in types)
            {
                GgufWriter writer = model.ToWriter();
                foreach ((string name, PlainTensor tensor) in model.Tensors)
                {
                    long[] dimensions = random.Next(8) != 0 || name != changed ? tensor.Shape : [.. tensor.Shape.Reverse()];
                    bool fits = name == changed && dimensions[^1] % BlockFormat.BlockSize(type) == 0;
                    if (fits)
                        writer.AddTensor(name, type, dimensions, noise.AsMemory(0, (int)BlockFormat.ByteLength(type, dimensions.Aggregate((a, b) => a * b))));
                    else
                        writer.AddTensor(name, TensorType.F32, tensor.Shape, tensor.ToBytes());
                }

                using MemoryStream stream = new();
                writer.Write(stream);
                run.Write("model.gguf", stream.ToArray());
                await run.Try($"{changed} as {type}", "model.gguf");
            }
        }

        Assert.InRange(run.Refused, 20, run.Total - 50);
    }

    [Fact]
    public async Task Files_of_a_checkpoint()
    {
        PlainShape shape = new("qwen2", 16, 1, 2, 1, 8, 24, new(8)) { Vocabulary = 16, IsTied = true };
        var checkpoint = new CheckpointFolder(shape, RandomModel.Create(shape, 1));
        using TemporaryFolder source = new();
        checkpoint.WriteTo(source);
        using HostileRun run = new();
        string[] files = ["config.json", "tokenizer.json", "model.safetensors"];
        Dictionary<string, byte[]> originals = files.ToDictionary(f => f, f => File.ReadAllBytes(source.PathOf(f)));
        foreach (string file in files)
            run.Write(file, originals[file]);

        string[] more = ["partial_rotary_factor", "rope_parameters", "sliding_window", "use_sliding_window", "max_window_layers", "layer_types", "attention_bias", "eos_token_id", "bos_token_id"];
        foreach (string key in checkpoint.Config.Select(m => m.Key).Concat(more).ToArray())
        {
            foreach (string extreme in HostileValues.Json)
            {
                JsonObject config = checkpoint.Config.DeepClone().AsObject();
                config[key] = "@";
                run.Write("config.json", Encoding.UTF8.GetBytes(config.ToJsonString().Replace("\"@\"", extreme, StringComparison.Ordinal)));
                await run.Try($"{key}: {extreme}", "", ownCache: key == "max_position_embeddings");
            }
        }

        run.Write("config.json", originals["config.json"]);
        Assert.InRange(run.Generated, 100, run.Total - 100);

        var random = new Random(9);
        byte[] interesting = [0, 0x7F, 0x80, 0xFF, (byte)'"', (byte)'{', (byte)'}', (byte)'[', (byte)',', (byte)'\\', (byte)'9', (byte)'-', (byte)'e'];
        foreach (string file in files)
        {
            int part = file == "model.safetensors" ? 8 + (int)BitConverter.ToUInt64(originals[file]) : originals[file].Length;
            for (int i = 0; i < 300; i++)
            {
                byte[] bytes = [.. originals[file]];
                for (int changes = random.Next(1, 3); changes > 0; changes--)
                    bytes[random.Next(part)] = random.Next(2) == 0 ? interesting[random.Next(interesting.Length)] : (byte)random.Next(256);
                run.Write(file, bytes);
                await run.Try($"{file}, change {i}", "");
            }

            run.Write(file, originals[file]);
        }
    }

    private static IEnumerable<(string Key, object Value)> HostileVocabularies(GgufFile stories)
    {
        const string Keys = "tokenizer.ggml.";
        string[] tokens = [.. stories.GetStrings(Keys + "tokens")];
        float[] scores = stories.FindSingleArray(Keys + "scores")!;
        int[] types = stories.FindInt32Array(Keys + "token_type")!;
        foreach (int length in (int[])[0, 1, 3, 258, 259, 260, 511, 513, 600])
        {
            yield return (Keys + "tokens", tokens.Concat(Enumerable.Range(0, 100).Select(i => $"more {i}")).Take(length).ToArray());
            yield return (Keys + "scores", scores.Concat(new float[100]).Take(length).ToArray());
            yield return (Keys + "token_type", types.Concat(new int[100]).Take(length).ToArray());
        }

        var random = new Random(11);
        for (int i = 0; i < 100; i++)
        {
            string[] changed = [.. tokens];
            for (int n = random.Next(1, 200); n > 0; n--)
                changed[random.Next(512)] = random.Next(4) switch { 0 => "", 1 => changed[random.Next(512)], 2 => new string('x', random.Next(1, 3000)), _ => "<0xFF>" };
            yield return (Keys + "tokens", changed);
            yield return (Keys + "scores", scores.Select(s => random.Next(8) == 0 ? (random.Next(3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => float.MaxValue }) : s).ToArray());
            yield return (Keys + "token_type", types.Select(t => random.Next(8) == 0 ? random.Next(-1, 8) : t).ToArray());
            yield return (Keys + "merges", Enumerable.Range(0, random.Next(300)).Select(m => random.Next(5) == 0 ? "" : $"{tokens[random.Next(512)]} {tokens[random.Next(512)]}").ToArray());
        }
    }
}
