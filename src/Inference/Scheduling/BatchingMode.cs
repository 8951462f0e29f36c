namespace Inference.Scheduling;

/// <summary>When requests may join those that run.</summary>
public enum BatchingMode
{
    /// <summary>In every step, as soon as there is room: the way to serve. The others exist so that it can be compared with them on the same engine.</summary>
    Continuous,

    /// <summary>
    /// A batch is formed as soon as as many requests wait as may run, or one of them has waited for the window's length; then as
    /// <see cref="Static"/>.
    /// </summary>
    Windowed,

    /// <summary>
    /// A batch is formed from what waits, in the queue's order, as far as places and cache go, and runs until all of it has ended;
    /// only then is the next one formed. A paused request holds nobody up.
    /// </summary>
    Static,
}
