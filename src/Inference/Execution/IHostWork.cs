namespace Inference.Execution;

/// <summary>Work of the host that a device's idle threads can share: see <see cref="Device.RunOnHost"/>.</summary>
public interface IHostWork
{
    /// <summary>Does a share of the work: whatever parts nobody has taken yet. Called from several threads at once, on each with another number.</summary>
    /// <param name="worker">0 to <see cref="Device.HostWorkers"/> - 1.</param>
    void Run(int worker);
}
