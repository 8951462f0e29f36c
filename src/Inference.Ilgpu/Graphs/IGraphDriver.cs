namespace Inference.Ilgpu.Graphs;

/// <summary>What a driver must do to record a stream's launches and repeat them at once.</summary>
internal interface IGraphDriver
{
    /// <summary>From now on launches are recorded instead of executed.</summary>
    /// <returns>Whether the driver records.</returns>
    bool TryBegin();

    /// <summary>Ends the recording.</summary>
    /// <returns>A handle to what was recorded; 0 where the recording failed.</returns>
    nint TryEnd();

    /// <summary>Enqueues what was recorded.</summary>
    /// <returns>Whether the driver took it; where not, nothing was enqueued.</returns>
    bool TryLaunch(nint graph);

    void Release(nint graph);
}
