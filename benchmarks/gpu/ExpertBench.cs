using Inference.Execution;
using Inference.Formats;

namespace Inference.GpuBenchmark;

/// <summary>A layer of experts with random weights on the device, and rows with scores for it.</summary>
internal sealed class ExpertBench : IDisposable
{
    private readonly Device _device;
    private readonly List<IDisposable> _owned = [];

    public ExpertBench(Device device, TensorType type, ExpertShape shape)
    {
        (_device, Shape) = (device, shape);
        try
        {
            (Gate, Up, Down) = (Upload(1, shape.Hidden, shape.Width), Upload(2, shape.Hidden, shape.Width), Upload(3, shape.Width, shape.Hidden));
            Layer = new ExpertLayer(Linear(Gate), Linear(Up), Linear(Down));
            device.CompleteUploads();
        }
        catch
        {
            Dispose();
            throw;
        }

        (Weights, DeviceWeight)[] Upload(int seed, int rows, int columns) => [.. Enumerable.Range(0, shape.Experts).Select(expert =>
        {
            var weights = new Weights(type, rows, columns, (seed * 1000) + expert);
            _owned.Add(weights);
            DeviceWeight weight = device.Upload(weights.Tensor, WeightUse.Linear);
            _owned.Insert(0, weight);
            return (weights, weight);
        })];

        System.Collections.Immutable.ImmutableArray<LinearWeight> Linear((Weights, DeviceWeight Weight)[] all) => [.. all.Select(one => new LinearWeight(one.Weight, null))];
    }

    public ExpertShape Shape { get; }

    public ExpertLayer Layer { get; }

    /// <summary>Each expert's, stored and on the device.</summary>
    public (Weights Stored, DeviceWeight Weight)[] Gate { get; }

    public (Weights Stored, DeviceWeight Weight)[] Up { get; }

    public (Weights Stored, DeviceWeight Weight)[] Down { get; }

    public ExpertRouting Routing => new(Shape.Chosen, true, Activation.Silu);

    /// <summary>Scores by which row r has the experts first + r x chosen and those after, the first of them by far.</summary>
    public float[] Scores(int rows, int first)
    {
        float[] scores = new float[rows * Shape.Experts];
        for (int row = 0; row < rows; row++)
        {
            for (int rank = 0; rank < Shape.Chosen; rank++)
                scores[(row * Shape.Experts) + ((first + (row * Shape.Chosen) + rank) % Shape.Experts)] = 4 - (rank * 0.25f);
        }

        return scores;
    }

    public void Mix(DeviceTensor input, DeviceTensor scores, DeviceTensor output) => _device.MixExperts(input, scores, Routing, Layer, output);

    public void Dispose()
    {
        foreach (IDisposable owned in _owned)
            owned.Dispose();
    }
}
