using Inference.Execution;
using Inference.Formats;

namespace Inference.Ilgpu.Tests.Experts;

/// <summary>A layer of experts on a device, and rows for it: the same for every device.</summary>
internal sealed class ExpertScenario : IDisposable
{
    public const int Width = 32;
    public const int HiddenWidth = 48;
    private const int Most = 80;

    private readonly Device _device;
    private readonly int _experts;
    private readonly int _width;
    private readonly int _hiddenWidth;
    private readonly float[] _scores;
    private readonly float[] _inputs;
    private readonly List<IDisposable> _owned = [];

    public ExpertScenario(Device device, int experts, TensorType type = TensorType.F32)
    {
        // Blocks must fill rows.
        (_width, _hiddenWidth) = BlockFormat.BlockSize(type) switch
        {
            1 => (Width, HiddenWidth),
            32 => (64, 96),
            int size => (size, size),
        };
        (_device, _experts) = (device, experts);
        Layer = new ExpertLayer(Weights(1, _hiddenWidth, _width), Weights(2, _hiddenWidth, _width), Weights(3, _width, _hiddenWidth));
        _inputs = HostTensor.Normal(new Random(4), Most * _width, 3);
        _scores = HostTensor.Normal(new Random(5), Most * experts, 2);

        System.Collections.Immutable.ImmutableArray<LinearWeight> Weights(int seed, int outputs, int inputs) => [.. Enumerable.Range(0, experts).Select(expert => Weight((seed * 1000) + expert, outputs, inputs))];

        LinearWeight Weight(int seed, int outputs, int inputs)
        {
            WeightSample sample = new(type, outputs, inputs, seed);
            _owned.Add(sample);
            return new LinearWeight(
                Own(device.Upload(sample.Tensor, WeightUse.Linear)),
                Own(device.Upload(HostTensor.F32(HostTensor.Normal(new Random(seed), outputs, 0.1f), outputs), WeightUse.Vector)));
        }
    }

    public ExpertLayer Layer { get; }

    /// <summary>Mixes the first rows.</summary>
    /// <param name="routing">The rules.</param>
    /// <param name="rows">How many.</param>
    /// <param name="replace">The score of a row for an expert; null to leave it.</param>
    /// <param name="layer">Instead of the scenario's own.</param>
    public float[][] Mix(ExpertRouting routing, int rows, Func<int, int, float?>? replace = null, ExpertLayer? layer = null)
    {
        float[] scores = [.. _scores];
        for (int i = 0; replace is not null && i < scores.Length; i++)
            scores[i] = replace(i / _experts, i % _experts) ?? scores[i];
        using DeviceTensor input = Put(_inputs, _width, rows), score = Put(scores, _experts, rows), output = _device.Allocate(Most, _width);
        output.Rows = rows;
        _device.MixExperts(input, score, routing, layer ?? Layer, output);
        return [.. Enumerable.Range(0, rows).Select(row => _device.ReadRow(output, row).ToArray())];
    }

    /// <summary>What an expert makes of a row, by linear layers.</summary>
    public float[] Alone(int expert, int row)
    {
        using DeviceTensor input = Put(_inputs[(row * _width)..((row + 1) * _width)], _width, 1);
        using DeviceTensor gate = _device.Allocate(1, _hiddenWidth), up = _device.Allocate(1, _hiddenWidth), output = _device.Allocate(1, _width);
        gate.Rows = up.Rows = output.Rows = 1;
        _device.Linear(input, [new(Layer.Gate[expert].Weight, Layer.Gate[expert].Bias, gate), new(Layer.Up[expert].Weight, Layer.Up[expert].Bias, up)]);
        _device.GatedLinear(gate, up, Activation.Silu, [new(Layer.Down[expert].Weight, Layer.Down[expert].Bias, output)]);
        return _device.ReadRow(output, 0).ToArray();
    }

    public void Dispose()
    {
        foreach (IDisposable owned in _owned)
            owned.Dispose();
    }

    /// <summary>Rows reach a device as embeddings of tokens.</summary>
    private DeviceTensor Put(float[] values, int columns, int rows)
    {
        using DeviceWeight table = _device.Upload(HostTensor.F32(values, values.Length / columns, columns), WeightUse.Embedding);
        _device.CompleteUploads();
        StepBatch batch = new();
        if (rows > 0)
            batch.Add([.. Enumerable.Range(0, rows)], 0, [], wantsLogits: false);
        _device.Begin(batch);
        DeviceTensor tensor = _device.Allocate(Most, columns);
        tensor.Rows = rows;
        _device.Embed(table, tensor);
        if (rows > 0)
            _device.ReadRow(tensor, 0);
        return tensor;
    }

    private DeviceWeight Own(DeviceWeight weight)
    {
        _owned.Add(weight);
        return weight;
    }
}
