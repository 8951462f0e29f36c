using System.Runtime.InteropServices;
using Inference.Execution;

namespace Inference.Ilgpu.Graphs;

/// <summary>Repeats whole steps as graphs: one launch instead of hundreds.</summary>
/// <remarks>
/// <para>The first step of a key is executed as it comes, which also makes whatever is made once. The second is recorded. From the third on,
/// operations are only compared with the recorded ones, and the graph is launched when the host asks for a result.</para>
/// <para>Never changes results: an operation that is not the recorded one makes those before it be executed after all, and the step goes on
/// without a graph. A driver that fails once is not asked again.</para>
/// </remarks>
/// <param name="driver">Records and repeats; null where there is none.</param>
/// <param name="execute">Enqueues one operation.</param>
/// <param name="failed">Told, once, that graphs are given up.</param>
internal sealed class StepGraphs(IGraphDriver? driver, StepExecutor execute, Action? failed = null) : IDisposable
{
    /// <summary>Each holds some kilobytes of driver memory a launch.</summary>
    private const int MostGraphs = 64;

    private readonly Dictionary<StepKey, RecordedStep> _steps = [];
    private IGraphDriver? _driver = driver;
    private RecordedStep? _step;
    private Mode _mode;
    private int _next;
    private long _count;

    private enum Mode
    {
        /// <summary>Executes, and keeps nothing.</summary>
        Plain,

        /// <summary>Executes, and keeps the operations: the first step of a key.</summary>
        Listing,

        /// <summary>Executes while the driver records.</summary>
        Recording,

        /// <summary>Compares.</summary>
        Repeating,
    }

    /// <summary>How many steps were launched as a graph.</summary>
    public long Launches { get; private set; }

    /// <summary>Starts a step.</summary>
    /// <param name="key">Null for a step that is not worth a graph.</param>
    public void Begin(StepKey? key)
    {
        Flush();
        _count++;
        _next = 0;
        _step = null;
        _mode = Mode.Plain;
        if (_driver is null || key is not { } found)
            return;
        if (!_steps.TryGetValue(found, out _step))
        {
            Forget();
            _steps.Add(found, _step = new RecordedStep());
            _mode = Mode.Listing;
        }
        else if (_step.Graph != 0)
        {
            _mode = Mode.Repeating;
        }
        else if (_driver.TryBegin())
        {
            _step.Operations.Clear();
            _mode = Mode.Recording;
        }
        else
        {
            GiveUp();
        }

        if (_step is not null)
            _step.LastUse = _count;
    }

    /// <summary>Executes an operation now, or at the next <see cref="Flush"/>.</summary>
    /// <param name="operation">The operation, without targets.</param>
    /// <param name="targets">Its linear layers, where it has such; copied where they are kept.</param>
    public void Run(in StepOperation operation, ReadOnlySpan<LinearTarget> targets = default)
    {
        if (_mode == Mode.Repeating)
        {
            List<StepOperation> recorded = _step!.Operations;
            if (_next < recorded.Count && recorded[_next].Equals(operation) && recorded[_next].Targets.Span.SequenceEqual(targets))
            {
                _next++;
                return;
            }

            ExecuteSkipped();
        }

        if (_mode is Mode.Listing or Mode.Recording)
            _step!.Operations.Add(targets.IsEmpty ? operation : operation with { Targets = targets.ToArray() });
        try
        {
            execute(operation, targets);
        }
        catch
        {
            Abandon();
            throw;
        }
    }

    /// <summary>Enqueues what has been put off. Called before the host reads, copies, or frees anything.</summary>
    public void Flush()
    {
        switch (_mode)
        {
            case Mode.Recording:
                EndRecording();
                break;
            case Mode.Repeating when _next == _step!.Operations.Count && _driver!.TryLaunch(_step.Graph):
                Launches++;
                break;
            case Mode.Repeating:
                bool refused = _next == _step!.Operations.Count;
                ExecuteSkipped();
                if (refused)
                    GiveUp();
                break;
        }

        _mode = Mode.Plain;
    }

    /// <summary>Forgets all steps: what they name is about to be freed.</summary>
    public void Clear()
    {
        Flush();
        foreach (RecordedStep step in _steps.Values)
            Release(step);
        _steps.Clear();
        _step = null;
    }

    public void Dispose() => Clear();

    private void EndRecording()
    {
        RecordedStep step = _step!;
        step.Graph = _driver!.TryEnd();
        if (step.Graph != 0 && _driver.TryLaunch(step.Graph))
        {
            Launches++;
            return;
        }

        // Nothing of the step has been executed yet.
        _mode = Mode.Plain;
        foreach (ref readonly StepOperation operation in CollectionsMarshal.AsSpan(step.Operations))
            execute(operation, operation.Targets.Span);
        GiveUp();
    }

    private void ExecuteSkipped()
    {
        _mode = Mode.Plain;
        foreach (ref readonly StepOperation operation in CollectionsMarshal.AsSpan(_step!.Operations)[.._next])
            execute(operation, operation.Targets.Span);
    }

    /// <summary>The step is lost, with its operations; the next of its key starts anew.</summary>
    private void Abandon()
    {
        if (_mode == Mode.Recording && _driver!.TryEnd() is not 0 and nint recorded)
            _driver.Release(recorded);
        if (_step is not null)
        {
            Release(_step);
            foreach ((StepKey key, RecordedStep step) in _steps)
            {
                if (step == _step)
                    _steps.Remove(key);
            }
        }

        _step = null;
        _mode = Mode.Plain;
    }

    private void GiveUp()
    {
        foreach (RecordedStep step in _steps.Values)
            Release(step);
        _steps.Clear();
        _step = null;
        _driver = null;
        _mode = Mode.Plain;
        failed?.Invoke();
    }

    private void Forget()
    {
        if (_steps.Count < MostGraphs)
            return;
        StepKey oldest = _steps.MinBy(step => step.Value.LastUse).Key;
        Release(_steps[oldest]);
        _steps.Remove(oldest);
    }

    private void Release(RecordedStep step)
    {
        if (step.Graph != 0)
            _driver?.Release(step.Graph);
        step.Graph = 0;
    }
}
