using Inference.Simulation.Measurement;
using Inference.Simulation.Routing;
using Inference.Simulation.Costs;
using Inference.Simulation.Workloads;

namespace Inference.Simulation;

/// <summary>Engines behind one router, in one virtual time. Deterministic.</summary>
internal sealed class Cluster
{
    private readonly SimulatedEngine[] _engines;
    private readonly Router _router;
    private readonly PriorityQueue<SimulatedEngine, (long Time, int Index)> _events = new();
    private readonly long[] _queued;
    private long _ended;
    private long _outputTokens;
    private int _serial;

    public Cluster(int engines, EngineShape shape, CostModel cost, Router router, RunMetrics metrics)
    {
        _engines = new SimulatedEngine[engines];
        for (int i = 0; i < engines; i++)
            _engines[i] = new SimulatedEngine(i, shape, new SimulatedDevice(cost), metrics) { Ended = OnEnded };
        _queued = new long[engines];
        Array.Fill(_queued, long.MaxValue);
        _router = router;
    }

    public IReadOnlyList<SimulatedEngine> Engines => _engines;

    /// <summary>Called for each request that ends, with the time; may submit others at that time.</summary>
    public Action<RequestRun, long>? Ended { get; set; }

    /// <summary>Sends all requests at their times and runs until all have ended.</summary>
    /// <param name="requests">In order of arrival; enumerated once.</param>
    public void Run(IEnumerable<TraceRequest> requests)
    {
        foreach (TraceRequest request in requests)
        {
            AdvanceTo(request.Arrival);
            Submit(request, request.Arrival);
        }

        AdvanceTo(long.MaxValue);
    }

    /// <summary>Keeps a number of callers, each of which sends its next request when the one before has ended, until a time.</summary>
    /// <param name="requests">Without end; times of arrival are ignored.</param>
    /// <param name="callers">How many.</param>
    /// <param name="until">Nanoseconds after which no request begins.</param>
    public void RunClosed(IEnumerable<TraceRequest> requests, int callers, long until)
    {
        using IEnumerator<TraceRequest> source = requests.GetEnumerator();
        void Next(long time)
        {
            if (time < until && source.MoveNext())
                Submit(source.Current, time);
        }

        Ended = (_, time) => Next(time);
        for (int i = 0; i < callers; i++)
            Next(0);
        AdvanceTo(long.MaxValue);
    }

    /// <summary>Handles all events before a time.</summary>
    private void AdvanceTo(long time)
    {
        while (_events.TryPeek(out SimulatedEngine? engine, out (long Time, int) next) && next.Time < time)
        {
            _events.Dequeue();
            // Replaced by an earlier one since.
            if (_queued[engine.Index] != next.Time)
                continue;
            _queued[engine.Index] = long.MaxValue;
            engine.HandleNext();
            Enqueue(engine);
        }
    }

    private void Submit(TraceRequest request, long time)
    {
        SimulatedEngine engine = _engines[_router.Choose(request, _engines)];
        // The router does not know how long the output will be; it goes by what outputs have been.
        long expected = _ended == 0 ? 0 : _outputTokens / _ended;
        engine.Submit(new RequestRun(request, _serial++, time) { Load = request.PromptTokens + expected });
        Enqueue(engine);
    }

    private void Enqueue(SimulatedEngine engine)
    {
        long next = engine.NextEvent;
        if (next >= _queued[engine.Index])
            return;
        _queued[engine.Index] = next;
        _events.Enqueue(engine, (next, engine.Index));
    }

    private void OnEnded(RequestRun run, long time)
    {
        _ended++;
        _outputTokens += run.Generated;
        Ended?.Invoke(run, time);
    }
}
