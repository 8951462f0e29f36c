using Inference.Hub;

namespace Inference.Tests.Hub;

/// <summary>Progress that is told at once, on the thread that makes it.</summary>
internal sealed class Reports(Action<HubProgress> tell) : IProgress<HubProgress>
{
    public void Report(HubProgress value) => tell(value);
}
