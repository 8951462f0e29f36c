using FsCheck;
using FsCheck.Fluent;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

/// <summary>Very many short histories, which find most of what long ones find, sooner. Each class of them runs beside the others.</summary>
public abstract class ShortHistories(BatchingMode mode, int seed)
{
    private const int Histories = 20_000;

    [Fact]
    public void No_short_history_breaks_a_rule()
    {
        int finished = 0, preemptions = 0;
        Prop.ForAll(History.Arbitrary(maxEvents: 24), history =>
        {
            SimulatedEngine engine = history.Play(mode);
            finished += engine.FinishedByLength;
            preemptions += engine.Preemptions;
        }).Check(SchedulerPropertyTests.Deterministic(Histories, seed));
        TestContext.Current.TestOutputHelper?.WriteLine($"{finished} finished, {preemptions} preemptions");
        Assert.True(finished > Histories);
        Assert.True(preemptions > Histories / 50);
    }
}
