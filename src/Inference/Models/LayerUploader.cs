using System.Collections.Immutable;
using Inference.Execution;

namespace Inference.Models;

/// <summary>Brings the weights of layers onto a device, as their family's data says.</summary>
internal sealed class LayerUploader
{
    private readonly WeightUploader _upload;
    private readonly DecoderConfig _config;
    private readonly DecoderArchitecture _architecture;
    private readonly DecoderBuffers _buffers;
    private readonly AttentionShape _global;
    private readonly AttentionShape _local;
    private readonly Rope? _rope;
    private readonly Rope? _localRope;
    private readonly int _queryWidth;
    private readonly int _keyWidth;

    public LayerUploader(WeightUploader upload, DecoderConfig config, DecoderBuffers buffers)
    {
        _upload = upload;
        _config = config;
        _architecture = config.Architecture;
        _buffers = buffers;
        _global = config.Attention;
        _local = _global with { Window = config.Window };
        _rope = _architecture.LearnsPositions ? null : config.Rope.ToRope(config.RopeKind);
        _localRope = config.LocalRope is { } local ? local.ToRope(config.RopeKind) : _rope;
        _queryWidth = config.Heads * config.HeadSize;
        _keyWidth = config.KvHeads * config.HeadSize;
    }

    public DecoderLayer Upload(int layer)
    {
        _upload.Layer = layer;
        StreamBuffers stream = layer == _config.Layers - 1 ? _buffers.Last : _buffers.Stream;
        bool isLocal = _config.IsLocal(layer);
        Norm? attentionNorm = Norm(layer, _architecture.AttentionNorm);
        Norm? feedForwardNorm = _architecture.FeedForwardNorm == _architecture.AttentionNorm ? attentionNorm : Norm(layer, _architecture.FeedForwardNorm);
        // Where the two parts stand side by side, the larger sizes have a norm for each.
        if (_architecture.IsParallel && _upload.Has(TensorNames.InLayer(0, "attn_norm_2.weight")))
            attentionNorm = Norm(layer, "attn_norm_2");
        bool hasExperts = _config.HasExperts(layer);
        return new DecoderLayer(
            isLocal ? _local : _global,
            !_config.HasRope(layer) ? null : isLocal ? _localRope : _rope,
            _architecture.HasSinks ? _upload.Vector(TensorNames.InLayer(layer, "attn_sinks.weight"), _config.Heads) : null,
            attentionNorm,
            HeadNorm(layer, "attn_q_norm.weight", _queryWidth),
            HeadNorm(layer, "attn_k_norm.weight", _keyWidth),
            QueryKeyValue(layer),
            [Linear(layer, "attn_output", _config.Width, _queryWidth, stream.Delta)],
            Norm(layer, _architecture.AfterAttention),
            feedForwardNorm,
            hasExperts ? [Linear(layer, "ffn_gate_inp", _config.Experts, _config.Width, stream.Scores!)] : FeedForward(layer, stream),
            hasExperts ? [] : [Linear(layer, "ffn_down", _config.Width, _config.FeedForwardWidth, stream.Beside ?? stream.Delta)],
            hasExperts ? Experts(layer) : null,
            Norm(layer, _architecture.AfterFeedForward));
    }

    private Norm? Norm(int layer, string? part) => part is null ? null : _upload.Norm(TensorNames.InLayer(layer, part), _config.Width, _config);

    private Norm? HeadNorm(int layer, string part, int width) => _architecture.HeadNorm switch
    {
        Models.HeadNorm.None => null,
        Models.HeadNorm.EachHead => new Norm(NormKind.RootMeanSquare, _upload.Vector(TensorNames.InLayer(layer, part), _config.HeadSize), null, _config.Epsilon),
        _ => new Norm(NormKind.RootMeanSquare, _upload.Vector(TensorNames.InLayer(layer, part), width), null, _config.Epsilon),
    };

    private LinearTarget[] QueryKeyValue(int layer)
    {
        if (!_upload.FusesQueryKeyValue(_config))
        {
            return
            [
                Linear(layer, "attn_q", _queryWidth, _config.Width, _buffers.Queries),
                Linear(layer, "attn_k", _keyWidth, _config.Width, _buffers.Keys),
                Linear(layer, "attn_v", _keyWidth, _config.Width, _buffers.Values),
            ];
        }

        int rows = _queryWidth + 2 * _keyWidth;
        return
        [
            Part(layer, "attn_qkv", 0, _queryWidth, rows, _buffers.Queries),
            Part(layer, "attn_qkv", _queryWidth, _keyWidth, rows, _buffers.Keys),
            Part(layer, "attn_qkv", _queryWidth + _keyWidth, _keyWidth, rows, _buffers.Values),
        ];
    }

    private LinearTarget[] FeedForward(int layer, StreamBuffers stream)
    {
        int width = _config.FeedForwardWidth;
        if (!_architecture.IsGated)
            return [Linear(layer, "ffn_up", width, _config.Width, stream.Gate!)];
        if (_architecture.FusesGateUp)
            return [Part(layer, "ffn_up", 0, width, 2 * width, stream.Gate!), Part(layer, "ffn_up", width, width, 2 * width, stream.Up!)];
        return [Linear(layer, "ffn_gate", width, _config.Width, stream.Gate!), Linear(layer, "ffn_up", width, _config.Width, stream.Up!)];
    }

    private ExpertLayer Experts(int layer)
    {
        ImmutableArray<LinearWeight> All(string part, int rows, int columns) =>
            [.. Enumerable.Range(0, _config.Experts).Select(expert => _upload.Expert(layer, part, expert, _config.Experts, rows, columns, _architecture.Biases.Contains(part + "_exps")))];

        return new ExpertLayer(
            All("ffn_gate", _config.ExpertWidth, _config.Width),
            All("ffn_up", _config.ExpertWidth, _config.Width),
            All("ffn_down", _config.Width, _config.ExpertWidth));
    }

    private LinearTarget Linear(int layer, string part, int rows, int columns, DeviceTensor output) => new(
        _upload.Matrix(TensorNames.InLayer(layer, part + ".weight"), rows, columns),
        HasBias(part) ? _upload.Vector(TensorNames.InLayer(layer, part + ".bias"), rows) : null,
        output);

    private LinearTarget Part(int layer, string part, int first, int rows, int allRows, DeviceTensor output) => new(
        _upload.Part(TensorNames.InLayer(layer, part + ".weight"), first, rows, allRows, _config.Width),
        HasBias(part) ? _upload.Part(TensorNames.InLayer(layer, part + ".bias"), first, rows, allRows) : null,
        output);

    // Layers are alike: a bias that only some have was lost from the others, or belongs to something else.
    private bool HasBias(string part) => _architecture.Biases.Contains(part) || _upload.Has(TensorNames.InLayer(0, part + ".bias"));
}
