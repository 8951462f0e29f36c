using Inference.Execution;
using Inference.Sampling;
using Inference.Scheduling;

namespace Inference;

/// <summary>Chooses the next tokens of a step's requests, on all the threads that the device computes with.</summary>
/// <remarks>A request's choice is its sampler's alone, so that neither the order nor the number of threads changes it. The engine's thread's alone.</remarks>
internal sealed class StepSampling : IHostWork
{
    private readonly Device _device;
    private readonly SamplerScratch[] _scratch;
    private readonly int[] _argMax;
    private readonly SampledToken[] _chosen;
    private readonly Exception?[] _errors;
    private readonly RequestState[] _requests;
    private readonly int[] _rows;
    private readonly StepShortlists? _shortlists;
    private DeviceTensor _logits = null!;
    private int _count;
    private int _taken;

    /// <param name="device">Whose threads share the work.</param>
    /// <param name="maxSequences">The most requests of a step.</param>
    public StepSampling(Device device, int maxSequences)
    {
        _device = device;
        _scratch = [.. Enumerable.Range(0, device.HostWorkers).Select(_ => new SamplerScratch())];
        _argMax = new int[maxSequences];
        _chosen = new SampledToken[maxSequences];
        _errors = new Exception?[maxSequences];
        _requests = new RequestState[maxSequences];
        _rows = new int[maxSequences];
        _shortlists = device.MostSelected > 0 ? new StepShortlists(device, maxSequences) : null;
    }

    /// <summary>Lets the device find the greatest logits, where requests of the step need no more than those.</summary>
    /// <param name="plan">The step.</param>
    /// <param name="logits">[logit rows, vocabulary], in the order of the slices that want logits.</param>
    public void FindGreatest(StepPlan plan, DeviceTensor logits)
    {
        bool takesArgMax = false;
        _shortlists?.Begin();
        foreach (PlannedSlice slice in plan.Slices)
        {
            if (!slice.WantsLogits)
                continue;
            Sampler sampler = ((RequestState)slice.Sequence.Owner!).Sampler;
            takesArgMax |= sampler.TakesArgMax;
            _shortlists?.Add(sampler);
        }

        // Both are under way before the first wait.
        if (takesArgMax)
            _device.ArgMax(logits);
        _shortlists?.Select(logits);
        if (takesArgMax)
            _device.ReadArgMax(_argMax.AsSpan(0, logits.Rows));
        _shortlists?.Read();
    }

    /// <summary>Chooses a token for every row of logits; what goes wrong with one stays that one's.</summary>
    /// <param name="plan">The step.</param>
    /// <param name="logitRows">The row of each of the step's slices, or -1.</param>
    /// <param name="logits">[logit rows, vocabulary], as <see cref="FindGreatest"/> saw them.</param>
    public void Choose(StepPlan plan, List<int> logitRows, DeviceTensor logits)
    {
        _count = _taken = 0;
        _logits = logits;
        for (int i = 0; i < plan.Slices.Length; i++)
        {
            int row = logitRows[i];
            var request = (RequestState)plan.Slices[i].Sequence.Owner!;
            if (row < 0 || request.Pins)
                continue;
            _errors[row] = null;
            if (request.Sampler.TakesArgMax && _argMax[row] >= 0)
            {
                _chosen[row] = new SampledToken(_argMax[row]);
                continue;
            }

            _requests[_count] = request;
            _rows[_count++] = row;
        }

        if (_count > 1)
            _device.RunOnHost(this);
        else
            Run(0);
        _requests.AsSpan(0, _count).Clear();
    }

    /// <summary>The token chosen for a row.</summary>
    /// <exception cref="InvalidLogitsException">The row holds logits that nothing can be chosen by.</exception>
    public SampledToken TokenOf(int row) => _errors[row] is { } error ? throw error : _chosen[row];

    /// <inheritdoc/>
    public void Run(int worker)
    {
        for (int i = Interlocked.Increment(ref _taken) - 1; i < _count; i = Interlocked.Increment(ref _taken) - 1)
        {
            int row = _rows[i];
            try
            {
                Sampler sampler = _requests[i].Sampler;
                int position = _requests[i].Sequence.Length;
                if (_shortlists is null || !_shortlists.TrySample(row, sampler, position, _scratch[worker], out _chosen[row]))
                    _chosen[row] = sampler.Sample(_device.ReadRow(_logits, row), position, _scratch[worker]);
            }
            catch (Exception error)
            {
                _errors[row] = error;
            }
        }
    }
}
