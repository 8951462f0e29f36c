using FsCheck;
using FsCheck.Fluent;

namespace Inference.Tests.Scheduling;

/// <summary>The rules hold as well where evicted blocks are kept and come back, and where they turn out to be gone.</summary>
public class SpillHistoryTests
{
    [Fact]
    public void No_history_breaks_a_rule_where_evicted_blocks_come_back()
    {
        const int Histories = 8_000;
        int restored = 0, preemptions = 0;
        Prop.ForAll(History.Arbitrary(maxEvents: 40), history =>
        {
            SimulatedEngine engine = history.Play(spills: true);
            restored += engine.Spill!.Restored;
            preemptions += engine.Preemptions;
        }).Check(SchedulerPropertyTests.Deterministic(Histories, 31));
        Assert.True(restored > Histories / 4, $"{restored} restored");
        Assert.True(preemptions > Histories / 50);
    }
}
