using Inference.Scheduling;
using Inference.Simulation.Workloads;

namespace Inference.Simulation;

/// <summary>A request on its way through an engine. Times in nanoseconds of virtual time.</summary>
internal sealed class RequestRun(TraceRequest request, int serial, long arrival)
{
    public TraceRequest Request => request;

    /// <summary>Different for each request of a run.</summary>
    public int Serial => serial;

    public long Arrival => arrival;

    /// <summary>Set once it is offered to a scheduler.</summary>
    public Sequence Sequence { get; set; } = null!;

    public long FirstToken { get; set; } = -1;

    public long LastToken { get; set; } = -1;

    public int Generated { get; set; }

    /// <summary>How many of its tokens have ever been computed.</summary>
    public int EverComputed { get; set; }

    /// <summary>What the router added to its engine's load for it.</summary>
    public long Load { get; set; }
}
