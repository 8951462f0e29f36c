using System.Numerics.Tensors;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Mixtures of experts: the rows of a step grouped by the experts they chose, each expert one matrix product over its rows.</summary>
/// <remarks>
/// Shazeer et al., Outrageously Large Neural Networks (2017). A row's outputs are kept apart until all experts are done and are then
/// added by rank, so that a row's company does not show. Once the largest step has been seen, nothing is allocated.
/// </remarks>
/// <param name="device">Computes the experts.</param>
internal sealed unsafe class ExpertMixer(CpuDevice device) : IDisposable
{
    private readonly LinearTarget[] _hidden = new LinearTarget[2];
    private readonly LinearTarget[] _down = new LinearTarget[1];
    private CpuTensor? _rows;
    private CpuTensor? _gate;
    private CpuTensor? _up;
    private CpuTensor? _output;
    private CpuTensor? _outputs;
    private int[] _experts = [];
    private float[] _weights = [];
    private int[] _members = [];

    /// <summary>See <see cref="Device.MixExperts"/>.</summary>
    public void Mix(CpuTensor input, CpuTensor scores, ExpertRouting routing, ExpertLayer experts, CpuTensor destination)
    {
        int chosen = routing.Chosen;
        int places = input.Rows * chosen;
        Reserve(input, experts.Up[0].Weight.Rows, destination.Columns, chosen);
        for (int row = 0; row < input.Rows; row++)
            Route(new ReadOnlySpan<float>(scores.Row(row), scores.Columns), routing, _experts.AsSpan(row * chosen, chosen), _weights.AsSpan(row * chosen, chosen));

        for (int expert = 0; expert < experts.Down.Length; expert++)
        {
            int count = 0;
            for (int place = 0; place < places; place++)
            {
                if (_experts[place] == expert)
                    _members[count++] = place;
            }

            if (count > 0)
                Compute(input, chosen, count, experts, expert, routing.Activation);
        }

        for (int row = 0; row < destination.Rows; row++)
        {
            Span<float> sum = Span(destination, row);
            sum.Clear();
            for (int place = row * chosen; place < (row + 1) * chosen; place++)
                TensorPrimitives.FusedMultiplyAdd(Span(_outputs!, place), _weights[place], sum, sum);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows?.Dispose();
        _gate?.Dispose();
        _up?.Dispose();
        _output?.Dispose();
        _outputs?.Dispose();
    }

    /// <summary>Chooses a row's experts by rank. Where a score is not finite, the first ones, with weights that are not numbers.</summary>
    private static void Route(ReadOnlySpan<float> scores, ExpertRouting routing, Span<int> experts, Span<float> weights)
    {
        bool isFinite = true;
        foreach (float score in scores)
            isFinite &= float.IsFinite(score);
        if (!isFinite)
        {
            for (int rank = 0; rank < experts.Length; rank++)
                experts[rank] = rank;
            weights.Fill(float.NaN);
            return;
        }

        for (int rank = 0; rank < experts.Length; rank++)
        {
            int best = -1;
            for (int expert = 0; expert < scores.Length; expert++)
            {
                if ((best < 0 || scores[expert] > scores[best]) && !experts[..rank].Contains(expert))
                    best = expert;
            }

            experts[rank] = best;
        }

        double greatest = scores[experts[0]];
        double sum = 0;
        if (routing.Normalizes)
        {
            foreach (int expert in experts)
                sum += Math.Exp(scores[expert] - greatest);
        }
        else
        {
            foreach (float score in scores)
                sum += Math.Exp(score - greatest);
        }

        for (int rank = 0; rank < experts.Length; rank++)
            weights[rank] = (float)(Math.Exp(scores[experts[rank]] - greatest) / sum);
    }

    private void Compute(CpuTensor input, int chosen, int count, ExpertLayer experts, int expert, Activation activation)
    {
        _rows!.Rows = _gate!.Rows = _up!.Rows = _output!.Rows = count;
        for (int i = 0; i < count; i++)
            Span(input, _members[i] / chosen).CopyTo(Span(_rows, i));
        _hidden[0] = new LinearTarget(experts.Gate[expert].Weight, experts.Gate[expert].Bias, _gate);
        _hidden[1] = new LinearTarget(experts.Up[expert].Weight, experts.Up[expert].Bias, _up);
        _down[0] = new LinearTarget(experts.Down[expert].Weight, experts.Down[expert].Bias, _output);
        device.Linear(_rows, _hidden);
        device.GatedLinear(_gate, _up, activation, _down);
        for (int i = 0; i < count; i++)
            Span(_output, i).CopyTo(Span(_outputs!, _members[i]));
    }

    private void Reserve(CpuTensor input, int hiddenWidth, int width, int chosen)
    {
        int capacity = input.Capacity;
        Reserve(ref _rows, capacity, input.Columns);
        Reserve(ref _gate, capacity, hiddenWidth);
        Reserve(ref _up, capacity, hiddenWidth);
        Reserve(ref _output, capacity, width);
        Reserve(ref _outputs, checked(capacity * chosen), width);
        _outputs!.Rows = input.Rows * chosen;
        if (_experts.Length < capacity * chosen)
        {
            _experts = new int[capacity * chosen];
            _weights = new float[capacity * chosen];
            _members = new int[capacity * chosen];
        }
    }

    private static void Reserve(ref CpuTensor? tensor, int capacity, int columns)
    {
        if (tensor is not null && tensor.Capacity >= capacity && tensor.Columns == columns)
            return;
        tensor?.Dispose();
        tensor = new CpuTensor(capacity, columns);
    }

    private static Span<float> Span(CpuTensor tensor, int row) => new(tensor.Row(row), tensor.Columns);
}
