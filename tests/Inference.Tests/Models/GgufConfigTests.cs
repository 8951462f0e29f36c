using Inference.Execution;
using Inference.Formats;
using Inference.Models;
using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>Every key of GGUF metadata that a decoder's dimensions come from, and what is refused by name.</summary>
public sealed class GgufConfigTests
{
    private static readonly PlainShape _shape = new("llama", 64, 2, 4, 2, 16, 96, new(16));

    [Fact]
    public void Every_key_is_read()
    {
        DecoderConfig config = Read(metadata =>
        {
            metadata["llama.attention.key_length"] = metadata["llama.attention.value_length"] = 24u;
            metadata["llama.rope.dimension_count"] = 20u;
            metadata["llama.rope.freq_base"] = 1e6f;
            metadata["llama.attention.layer_norm_rms_epsilon"] = 0.25f;
        });

        Assert.Equal((64, 2, 4, 2, 24, 96, 256, 0.25f), (config.Width, config.Layers, config.Heads, config.KvHeads, config.HeadSize, config.FeedForwardWidth, config.ContextLength, config.Epsilon));
        Assert.Equal((1e6, 20, RopeScalingKind.None), (config.Rope.Theta, config.Rope.Dimensions, config.Rope.Scaling));
        Assert.Equal(new AttentionShape(4, 2, 24, 1 / MathF.Sqrt(24)), config.Attention);
    }

    [Fact]
    public void Absent_keys_have_their_usual_values()
    {
        DecoderConfig config = Read(metadata =>
        {
            foreach (string key in (string[])["attention.key_length", "attention.value_length", "attention.head_count_kv", "rope.dimension_count", "rope.freq_base"])
                metadata.Remove("llama." + key);
        });
        Assert.Equal((16, 4, 16, 10000.0), (config.HeadSize, config.KvHeads, config.Rope.Dimensions, config.Rope.Theta));
    }

    [Fact]
    public void Families_order_their_rows_differently()
    {
        Assert.Equal(RopeKind.Interleaved, Read(_ => { }).RopeKind);
        foreach (string family in (string[])["qwen2", "qwen3"])
            Assert.Equal(RopeKind.Halves, ReadShape(_shape with { Family = family }, _ => { }).RopeKind);
    }

    [Theory]
    [InlineData("rope.scaling.factor", 8f)]
    [InlineData("rope.scale_linear", 8f)]
    public void A_factor_without_a_type_is_linear(string key, float factor)
    {
        RopeSettings rope = Read(metadata => metadata["llama." + key] = factor).Rope;
        Assert.Equal((RopeScalingKind.Linear, 8.0), (rope.Scaling, rope.Factor));
    }

    [Theory]
    [InlineData("none", 8f)]
    [InlineData("linear", 0f)]
    [InlineData("linear", 1f)]
    public void Some_scalings_scale_nothing(string kind, float factor)
    {
        RopeSettings rope = Read(metadata => (metadata["llama.rope.scaling.type"], metadata["llama.rope.scaling.factor"]) = (kind, factor)).Rope;
        Assert.Equal(RopeScalingKind.None, rope.Scaling);
    }

    [Fact]
    public void Yarn_has_five_keys()
    {
        RopeSettings rope = Read(metadata =>
        {
            metadata["llama.rope.scaling.type"] = "yarn";
            metadata["llama.rope.scaling.factor"] = 4f;
            metadata["llama.rope.scaling.yarn_beta_fast"] = 16f;
            metadata["llama.rope.scaling.yarn_beta_slow"] = 2f;
            metadata["llama.rope.scaling.attn_factor"] = 0.5f;
        }).Rope;
        Assert.Equal((RopeScalingKind.Yarn, 4.0, 256.0, 16.0, 2.0), (rope.Scaling, rope.Factor, rope.OriginalContextLength, rope.BetaFast, rope.BetaSlow));
        Assert.Equal(0.5 * (0.1 * Math.Log(4) + 1), rope.Magnitude!.Value, 1e-12);

        rope = Read(metadata => (metadata["llama.rope.scaling.type"], metadata["llama.rope.scaling.original_context_length"]) = ("yarn", 64u)).Rope;
        Assert.Equal((64.0, 32.0, 1.0, null), (rope.OriginalContextLength, rope.BetaFast, rope.BetaSlow, rope.Magnitude));
    }

    [Fact]
    public void Divisors_come_as_a_tensor()
    {
        float[] divisors = [1, 1, 2, 3, 4, 8, 8, 8];
        RopeSettings rope = ReadFile(new GgufModelFile(_shape, RandomModel.Create(_shape, 1)) { Tensors = { ["rope_freqs.weight"] = new PlainTensor([8], divisors) } }).Rope;
        Assert.Equal(divisors.Select(d => (double)d), rope.Divisors!);
    }

    public static TheoryData<string, object?> Refusals => new()
    {
        { "general.architecture", "mamba" }, { "general.architecture", null }, { "general.architecture", 3u },
        { "llama.embedding_length", null }, { "llama.embedding_length", 0u }, { "llama.embedding_length", -1L }, { "llama.embedding_length", int.MaxValue }, { "llama.embedding_length", 64f },
        { "llama.block_count", null }, { "llama.block_count", 0u }, { "llama.block_count", uint.MaxValue }, { "llama.block_count", 100_000u },
        { "llama.attention.head_count", null }, { "llama.attention.head_count", 0u }, { "llama.attention.head_count", ulong.MaxValue },
        { "llama.attention.head_count_kv", 3u }, { "llama.attention.head_count_kv", 0u }, { "llama.attention.head_count_kv", 8u }, { "llama.attention.head_count_kv", new[] { 2, 1 } },
        { "llama.attention.key_length", 0u }, { "llama.attention.value_length", 8u },
        { "llama.feed_forward_length", null }, { "llama.feed_forward_length", 0u }, { "llama.feed_forward_length", int.MaxValue },
        { "llama.context_length", null }, { "llama.context_length", 0u }, { "llama.context_length", long.MaxValue },
        { "llama.attention.layer_norm_rms_epsilon", null }, { "llama.attention.layer_norm_rms_epsilon", float.NaN }, { "llama.attention.layer_norm_rms_epsilon", -1f }, { "llama.attention.layer_norm_rms_epsilon", "1e-5" },
        { "llama.rope.dimension_count", 15u }, { "llama.rope.dimension_count", 18u }, { "llama.rope.dimension_count", 0u },
        { "llama.rope.freq_base", 0f }, { "llama.rope.freq_base", float.NaN }, { "llama.rope.freq_base", float.PositiveInfinity },
        { "llama.rope.scaling.type", "longrope" }, { "llama.rope.scaling.type", "su" }, { "llama.rope.scaling.type", "dynamic" }, { "llama.rope.scaling.type", 1u },
        { "llama.rope.scaling.factor", -2f }, { "llama.rope.scaling.factor", float.NaN }, { "llama.rope.scaling.attn_factor", 2f }, { "llama.rope.scaling.yarn_ext_factor", 0.5f },
        { "llama.attention.sliding_window", -1 }, { "llama.attention.sliding_window_pattern", new[] { 1, 0, 1 } }, { "llama.expert_count", -1 }, { "llama.expert_shared_count", 1u }, { "llama.expert_gating_func", 2u },
        { "llama.attention.scale", 0.5f }, { "llama.logit_scale", 2f }, { "llama.embedding_scale", 12f }, { "llama.residual_scale", 0.2f },
        { "llama.attn_logit_softcapping", 50f }, { "llama.final_logit_softcapping", 30f }, { "llama.attention.clamp_kqv", 8f }, { "llama.attention.max_alibi_bias", 8f },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_is_wrong_or_unsupported_is_refused_by_name(string key, object? value)
    {
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => Read(metadata =>
        {
            if (value is null)
                metadata.Remove(key);
            else
                metadata[key] = value;
        }));
        Assert.Equal(key, refusal.Field);
        Assert.EndsWith("model.gguf", refusal.Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(0f)]
    [InlineData(float.NaN)]
    public void A_factor_on_scores_is_above_zero(float scale)
    {
        var shape = new PlainShape("granite", 48, 3, 4, 2, 12, 70, new(12)) { AttentionScale = 0.11, EmbeddingScale = 12, ResidualScale = 0.22, LogitDivisor = 8, IsTied = true };
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => ReadShape(shape, metadata => metadata["granite.attention.scale"] = scale));
        Assert.Equal("granite.attention.scale", refusal.Field);
    }

    [Fact]
    public void Heads_that_do_not_divide_the_width_need_a_stated_size()
    {
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => ReadShape(_shape with { Width = 66 }, metadata =>
        {
            metadata.Remove("llama.attention.key_length");
            metadata.Remove("llama.attention.value_length");
        }));
        Assert.Equal("llama.attention.key_length", refusal.Field);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(2)]
    public void Odd_heads_are_refused_and_the_smallest_even_ones_are_not(int size)
    {
        PlainShape shape = _shape with { HeadSize = size, Rope = new(2) };
        if (size % 2 == 0)
            Assert.Equal(size, ReadShape(shape, _ => { }).HeadSize);
        else
            Assert.Equal("llama.attention.key_length", Assert.Throws<ModelFormatException>(() => ReadShape(shape, _ => { })).Field);
    }

    private static DecoderConfig Read(Action<Dictionary<string, object>> change) => ReadShape(_shape, change);

    private static DecoderConfig ReadShape(PlainShape shape, Action<Dictionary<string, object>> change)
    {
        var file = new GgufModelFile(shape, new Dictionary<string, PlainTensor>());
        change(file.Metadata);
        return ReadFile(file);
    }

    private static DecoderConfig ReadFile(GgufModelFile file)
    {
        using TemporaryFolder folder = new();
        using ModelFile open = ModelFile.Open(folder.Write("model.gguf", file.ToBytes()));
        return DecoderConfigReader.Read(open);
    }
}
