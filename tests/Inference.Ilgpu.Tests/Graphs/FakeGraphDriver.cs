using Inference.Ilgpu.Graphs;

namespace Inference.Ilgpu.Tests.Graphs;

/// <summary>A driver that records what a list receives, and fails where it is told to.</summary>
internal sealed class FakeGraphDriver(List<int> executed) : IGraphDriver
{
    private readonly Dictionary<nint, int[]> _graphs = [];
    private int _handle;
    private int? _start;

    /// <summary>Calls after which the driver refuses; null for never.</summary>
    public int? FailsAfter { get; set; }

    public int Calls { get; private set; }

    public int Alive => _graphs.Count;

    public bool IsRecording => _start is not null;

    public bool TryBegin()
    {
        Assert.Null(_start);
        if (Fails())
            return false;
        _start = executed.Count;
        return true;
    }

    public nint TryEnd()
    {
        int start = Assert.NotNull(_start);
        _start = null;
        int[] recorded = [.. executed[start..]];
        executed.RemoveRange(start, recorded.Length);
        if (Fails())
            return 0;
        _graphs.Add(++_handle, recorded);
        return _handle;
    }

    public bool TryLaunch(nint graph)
    {
        Assert.Null(_start);
        if (Fails())
            return false;
        executed.AddRange(_graphs[graph]);
        return true;
    }

    public void Release(nint graph) => Assert.True(_graphs.Remove(graph));

    private bool Fails() => ++Calls > FailsAfter;
}
