using System.Text;
using System.Text.Json.Nodes;
using Inference.Formats;
using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>Promise 6 for every family: whatever its own settings and tensors say, the file is an error message, or a model that generates.</summary>
public sealed class HostileArchitectureTests
{
    private static readonly string[] _ggufKeys =
    [
        "attention.sliding_window", "attention.sliding_window_pattern", "attention.key_length", "attention.value_length", "attention.head_count_kv", "attention.scale",
        "embedding_scale", "residual_scale", "logit_scale", "attn_logit_softcapping", "final_logit_softcapping", "expert_count", "expert_used_count",
        "expert_feed_forward_length", "expert_weights_norm", "expert_weights_scale", "expert_gating_func", "expert_shared_count", "leading_dense_block_count",
        "rope.freq_base", "rope.freq_base_swa", "rope.dimension_count", "rope.scaling.type", "rope.scaling.factor", "rope.scaling.attn_factor",
        "rope.scaling.original_context_length", "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow", "attention.layer_norm_epsilon", "attention.layer_norm_rms_epsilon",
    ];

    private static readonly string[] _jsonKeys =
    [
        "sliding_window", "sliding_window_pattern", "use_sliding_window", "max_window_layers", "layer_types", "head_dim", "num_key_value_heads", "num_kv_heads",
        "query_pre_attn_scalar", "attn_logit_softcapping", "final_logit_softcapping", "attention_multiplier", "embedding_multiplier", "residual_multiplier", "logits_scaling",
        "num_local_experts", "num_experts", "num_experts_per_tok", "moe_intermediate_size", "norm_topk_prob", "decoder_sparse_step", "mlp_only_layers",
        "no_rope_layers", "no_rope_layer_interval", "rope_theta", "rope_local_base_freq", "rope_scaling", "rope_parameters", "partial_rotary_factor", "original_max_position_embeddings",
        "n_inner", "alibi", "parallel_attn", "multi_query", "new_decoder_architecture", "num_ln_in_parallel_attn", "ffn_hidden_size", "bias", "use_bias",
        "swiglu_limit", "hidden_activation", "activation_function", "activation", "text_config", "quantization_config",
    ];

    private static readonly string[] _jsonLists =
    [
        "[]", "[0]", "[1, 0, 1, 0]", "[-1, 99999]", "[0.5, null]", "[\"full_attention\", \"sliding_attention\"]", "[\"chunked_attention\"]", "[[[[]]]]",
        "{ \"rope_type\": \"longrope\", \"short_factor\": [], \"long_factor\": [0, -1, 1e400] }", "{ \"type\": \"longrope\", \"short_factor\": [1, 1], \"long_factor\": 7, \"factor\": 1e308 }",
        "{ \"full_attention\": { \"rope_theta\": -1 }, \"sliding_attention\": { \"rope_theta\": 1e308 } }", "{ \"full_attention\": {} }", "{ \"quant_method\": \"mxfp4\" }",
    ];

    public static TheoryData<string> Families => [.. OracleArchitectures.All.Select(c => c.Shape.Family).Distinct()];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Values_of_gguf_metadata(string family)
    {
        OracleCase model = Case(family);
        var file = new GgufModelFile(model.Shape, RandomModel.Create(model.Shape, 1));
        string prefix = model.Shape.Facts.Gguf + ".";
        string[] keys = [.. file.Metadata.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Union(_ggufKeys.Select(k => prefix + k))];
        var random = new Random(family.Length);
        using HostileRun run = new();
        foreach (string key in keys)
        {
            for (int i = 0; i < 4; i++)
            {
                Dictionary<string, object> metadata = new(file.Metadata) { [key] = Draw(HostileValues.Gguf, random) };
                // Two wrongs that fit each other get further.
                if (i == 3)
                    metadata[Draw(keys, random)] = metadata[key];
                run.Write("model.gguf", Write(file, metadata));
                await run.Try($"{family}: {key} = {GgufValue.From(metadata[key])}", "model.gguf");
            }
        }

        Assert.InRange(run.Refused, 20, run.Total - 5);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Values_of_a_configuration(string family)
    {
        OracleCase model = Case(family);
        var checkpoint = new CheckpointFolder(model.Shape, RandomModel.Create(model.Shape, 1));
        using TemporaryFolder source = new();
        checkpoint.WriteTo(source);
        using HostileRun run = new();
        foreach (string file in (string[])["tokenizer.json", "model.safetensors"])
            run.Write(file, File.ReadAllBytes(source.PathOf(file)));
        var random = new Random(family.Length);
        string[] keys = [.. checkpoint.Config.Select(m => m.Key).Union(_jsonKeys)];
        foreach (string key in keys)
        {
            for (int i = 0; i < 4; i++)
            {
                JsonObject config = checkpoint.Config.DeepClone().AsObject();
                string value = Draw(i % 2 == 0 ? HostileValues.Json : _jsonLists, random);
                config[key] = "@";
                if (i == 3)
                    config[Draw(keys, random)] = "@";
                run.Write("config.json", Encoding.UTF8.GetBytes(config.ToJsonString().Replace("\"@\"", value, StringComparison.Ordinal)));
                await run.Try($"{family}: {key}: {value}", "");
            }
        }

        Assert.InRange(run.Refused, 20, run.Total - 5);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Types_and_shapes_of_tensors(string family)
    {
        PlainShape shape = Case(family).Shape;
        var file = new GgufModelFile(shape, RandomModel.Create(shape, 1));
        var random = new Random(family.Length);
        byte[] noise = new byte[1 << 19];
        random.NextBytes(noise);
        TensorType[] types = [TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0, TensorType.MXFP4, TensorType.I8, TensorType.F64];
        using HostileRun run = new();
        foreach (string changed in file.Tensors.Keys)
        {
            for (int i = 0; i < 3; i++)
            {
                TensorType type = Draw(types, random);
                long[] dimensions = Reshape([.. file.Tensors[changed].Shape.Select(n => (long)n)], random);
                GgufWriter writer = file.ToWriter();
                foreach ((string name, PlainTensor tensor) in file.Tensors)
                {
                    if (name == changed && dimensions[^1] % BlockFormat.BlockSize(type) == 0)
                        writer.AddTensor(name, type, dimensions, noise.AsMemory(0, (int)BlockFormat.ByteLength(type, dimensions.Aggregate((a, b) => a * b))));
                    else
                        writer.AddTensor(name, TensorType.F32, tensor.Shape, tensor.ToBytes());
                }

                run.Write("model.gguf", Bytes(writer));
                await run.Try($"{family}: {changed} as {type} {string.Join(" x ", dimensions)}", "model.gguf");
            }
        }

        Assert.InRange(run.Refused, 5, run.Total - 5);
    }

    [Theory]
    [InlineData("gpt-oss")]
    [InlineData("gemma3")]
    [InlineData("falcon-40b")]
    [InlineData("gpt2")]
    public async Task Shapes_and_types_in_the_header_of_a_checkpoint(string family)
    {
        PlainShape shape = Case(family).Shape;
        using TemporaryFolder source = new();
        new CheckpointFolder(shape, RandomModel.Create(shape, 1)).WriteTo(source);
        using HostileRun run = new();
        foreach (string file in (string[])["config.json", "tokenizer.json"])
            run.Write(file, File.ReadAllBytes(source.PathOf(file)));
        byte[] original = File.ReadAllBytes(source.PathOf("model.safetensors"));
        int length = (int)BitConverter.ToUInt64(original);
        var header = JsonNode.Parse(original.AsSpan(8, length))!.AsObject();
        var random = new Random(family.Length);
        foreach (string name in header.Select(m => m.Key).Where(k => k != "__metadata__").ToArray())
        {
            for (int i = 0; i < 4; i++)
            {
                JsonObject changed = header.DeepClone().AsObject();
                JsonObject tensor = changed[name]!.AsObject();
                long[] dimensions = [.. tensor["shape"]!.AsArray().Select(n => (long)n!)];
                // The same bytes under another type or shape, so that the file itself stays sound.
                (string type, int factor) = Draw([("F32", 1), ("F16", 2), ("BF16", 2), ("U8", 4), ("I32", 1)], random);
                dimensions[^1] *= factor;
                tensor["dtype"] = type;
                tensor["shape"] = new JsonArray([.. Rearrange(dimensions, random).Select(n => JsonValue.Create(n))]);
                byte[] json = Encoding.UTF8.GetBytes(changed.ToJsonString());
                run.Write("model.safetensors", [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. original.AsSpan(8 + length)]);
                await run.Try($"{family}: {name} as {type} {tensor["shape"]!.ToJsonString()}", "");
            }
        }

        Assert.InRange(run.Refused, 20, run.Total - 1);
    }

    private static OracleCase Case(string family) => OracleArchitectures.All.First(c => c.Shape.Family == family);

    private static T Draw<T>(IReadOnlyList<T> values, Random random) => values[random.Next(values.Count)];

    private static long[] Reshape(long[] shape, Random random)
    {
        shape = Rearrange(shape, random);
        if (random.Next(3) == 0)
            shape[random.Next(shape.Length)] += random.Next(1, 3);
        return shape;
    }

    /// <summary>The same number of elements, often in the same shape.</summary>
    private static long[] Rearrange(long[] shape, Random random) => random.Next(6) switch
    {
        0 => [.. shape.Reverse()],
        1 => [1, .. shape],
        2 => [shape.Aggregate((a, b) => a * b)],
        _ => [.. shape],
    };

    private static byte[] Write(GgufModelFile file, Dictionary<string, object> metadata)
    {
        GgufWriter writer = new();
        foreach ((string key, object value) in metadata)
            writer.SetMetadata(key, GgufValue.From(value));
        foreach ((string key, GgufValue value) in MadeUpVocabulary.Of(512))
            writer.SetMetadata(key, value);
        foreach ((string name, PlainTensor tensor) in file.Tensors)
            writer.AddTensor(name, TensorType.F32, tensor.Shape, tensor.ToBytes());
        return Bytes(writer);
    }

    private static byte[] Bytes(GgufWriter writer)
    {
        using MemoryStream stream = new();
        writer.Write(stream);
        return stream.ToArray();
    }
}
