namespace Inference.Simulation.Workloads;

/// <summary>Makes other loads of a trace.</summary>
internal static class TraceScaling
{
    /// <summary>The same requests in a fraction of the time.</summary>
    /// <param name="trace">In order of arrival.</param>
    /// <param name="factor">How many times as many requests a second; above 0.</param>
    public static TraceRequest[] Hasten(this IEnumerable<TraceRequest> trace, double factor) =>
        [.. trace.Select(request => request with { Arrival = (long)(request.Arrival / factor) })];

    /// <summary>Many services of the same kind: for each copy a stretch of the trace, begun at another time, with prefixes of its own.</summary>
    /// <param name="trace">In order of arrival.</param>
    /// <param name="copies">At least 1.</param>
    /// <param name="seconds">Length of each stretch.</param>
    /// <remarks>The trace is taken as a circle; copy i begins at the fraction i * golden ratio of it, so that any number of copies is spread evenly.</remarks>
    public static TraceRequest[] Multiply(this TraceRequest[] trace, int copies, double seconds)
    {
        // The gap that closes the circle is as long as the others are on average.
        long length = trace[^1].Arrival + Math.Max(1, trace[^1].Arrival / Math.Max(1, trace.Length - 1)), stretch = (long)(seconds * 1e9);
        int prefixes = 1 + trace.Max(request => request.PrefixIds.Count == 0 ? 0 : request.PrefixIds.Max());
        List<TraceRequest> all = [];
        for (int copy = 0; copy < copies; copy++)
        {
            long begin = (long)(copy * 0.6180339887498949 % 1 * length);
            int first = Math.Max(0, Array.FindIndex(trace, request => request.Arrival >= begin));
            int firstId = checked(copy * prefixes);
            for (int i = 0; i < trace.Length; i++)
            {
                TraceRequest request = trace[(first + i) % trace.Length];
                long arrival = request.Arrival - begin + (request.Arrival < begin ? length : 0);
                if (arrival >= stretch)
                    break;
                all.Add(request with { Arrival = arrival, PrefixIds = firstId == 0 ? request.PrefixIds : [.. request.PrefixIds.Select(id => checked(id + firstId))] });
            }
        }

        return [.. all.OrderBy(request => request.Arrival)];
    }
}
