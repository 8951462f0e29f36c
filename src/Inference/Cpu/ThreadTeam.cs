using System.Runtime.ExceptionServices;

namespace Inference.Cpu;

/// <summary>Threads that run one piece of work together: the caller and those that wait for the next piece.</summary>
/// <remarks>
/// <para>Between pieces that follow each other within microseconds the threads stay awake; without work they sleep.</para>
/// <para>A worker is a part of the work, not a thread: whoever is free takes the next one. Where the machine has other things to do
/// and a thread is late, the caller does its part, and never waits for a thread that has not started.</para>
/// <para>One run at a time; a run allocates nothing. Results must not depend on which worker does which part.</para>
/// </remarks>
internal sealed unsafe class ThreadTeam : IDisposable
{
    private readonly Thread[] _threads;
    private readonly ThreadGate _started;
    private readonly ThreadGate _finished;
    private delegate*<int, void*, void> _body;
    private void* _state;
    private Exception? _failure;
    // The number of the run above, the next worker to be taken below: a late thread cannot take a worker of a run it has not seen.
    private long _tickets;
    private int _unfinished;
    private int _running;
    private bool _stopping;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Workers, the caller included; at least 1.</param>
    public ThreadTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        bool spins = threads <= Environment.ProcessorCount;
        _started = new ThreadGate(spins);
        _finished = new ThreadGate(spins);
        Count = threads;
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = $"Inference worker {i + 1}" };
            _threads[i].UnsafeStart();
        }
    }

    /// <summary>Workers that suit this process: the physical cores it may use.</summary>
    public static int DefaultThreads { get; } = PhysicalCores.CountAvailable();

    /// <summary>Workers, the caller included.</summary>
    public int Count { get; }

    /// <summary>Calls <paramref name="body"/> once for every worker and returns when all calls have returned.</summary>
    /// <param name="body">Receives the worker's number, 0 to <see cref="Count"/> - 1, and the state. Worker 0 is the caller.</param>
    /// <param name="state">Anything; must stay valid until the call returns.</param>
    /// <exception cref="InvalidOperationException">A run is under way, on this thread or another.</exception>
    /// <exception cref="ObjectDisposedException">The threads have ended.</exception>
    /// <remarks>What a body throws is thrown here, after all workers have returned; of several exceptions, the first.</remarks>
    public void Run(delegate*<int, void*, void> body, void* state)
    {
        Enter();
        try
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            if (_threads.Length == 0)
            {
                body(0, state);
                return;
            }

            _body = body;
            _state = state;
            _unfinished = Count;
            int finished = _finished.Count;
            Volatile.Write(ref _tickets, (((_tickets >> 32) + 1) << 32) + 1);
            _started.Advance();
            if (!Call(0) && !TakeWorkers())
                _finished.AwaitChange(finished);
            if (_failure is { } failure)
            {
                _failure = null;
                ExceptionDispatchInfo.Throw(failure);
            }
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>Ends the threads and waits for them.</summary>
    /// <exception cref="InvalidOperationException">A run is under way.</exception>
    public void Dispose()
    {
        Enter();
        try
        {
            if (_stopping)
                return;
            _stopping = true;
            _started.Advance();
            foreach (Thread thread in _threads)
                thread.Join();
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    private void Enter()
    {
        if (Interlocked.Exchange(ref _running, 1) != 0)
            throw new InvalidOperationException("The thread team is already running something.");
    }

    private void Work()
    {
        for (int seen = 0; ;)
        {
            seen = _started.AwaitChange(seen);
            if (Volatile.Read(ref _stopping))
                return;
            if (TakeWorkers())
                _finished.Advance();
        }
    }

    /// <summary>Takes workers until none are left; true if one of these calls was the last of the run to return.</summary>
    private bool TakeWorkers()
    {
        bool last = false;
        for (long ticket = Volatile.Read(ref _tickets); (int)ticket < Count;)
        {
            long current = Interlocked.CompareExchange(ref _tickets, ticket + 1, ticket);
            if (current == ticket)
            {
                last = Call((int)ticket);
                current = Volatile.Read(ref _tickets);
            }

            ticket = current;
        }

        return last;
    }

    private bool Call(int worker)
    {
        try
        {
            _body(worker, _state);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, exception, null);
        }

        return Interlocked.Decrement(ref _unfinished) == 0;
    }
}
