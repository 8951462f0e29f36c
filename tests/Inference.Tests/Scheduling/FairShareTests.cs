using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class FairShareTests
{
    private static int[] Prompt(int length, int first) => [.. Enumerable.Range(first * 1000, length)];

    [Fact]
    public void A_tenant_with_many_requests_does_not_keep_out_one_with_few()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1 }, blocks: 100, blockSize: 4);
        for (int i = 0; i < 6; i++)
            engine.Submit(Prompt(8, i), 10, tenant: "many");
        for (int i = 6; i < 9; i++)
            engine.Submit(Prompt(8, i), 10, tenant: "few");
        List<long> order = [];
        while (engine.Scheduler.HasWork)
            order.AddRange(engine.Step().Where(slice => slice.Start == 0).Select(slice => slice.Sequence.Id));
        Assert.Equal([1L, 7, 2, 8, 3, 9, 4, 5, 6], order);
    }

    [Fact]
    public void Shares_are_of_tokens_not_of_requests()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1 }, blocks: 100, blockSize: 4);
        for (int i = 0; i < 3; i++)
            engine.Submit(Prompt(40, i), 41, tenant: "long");
        for (int i = 3; i < 9; i++)
            engine.Submit(Prompt(10, i), 11, tenant: "short");
        List<long> order = [];
        while (engine.Scheduler.HasWork)
            order.AddRange(engine.Step().Where(slice => slice.Start == 0).Select(slice => slice.Sequence.Id));
        // 42 for each long one, 12 for each short one.
        Assert.Equal([1L, 4, 5, 6, 7, 2, 8, 9, 3], order);
    }

    [Fact]
    public void Cached_tokens_are_not_charged()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1 }, blocks: 100, blockSize: 4);
        Sequence first = engine.Submit(Prompt(40, 1), 42);
        Sequence second = engine.Submit(Prompt(40, 1), 42);
        while (engine.Scheduler.HasWork)
        {
            engine.Step();
            if (second.State == SequenceState.Running)
                break;
        }

        Assert.Equal(40 + (2 * 2) + 4 + 2.0, first.Account!.Served);
    }

    [Fact]
    public void A_tenant_who_returns_starts_at_the_least_served_of_those_who_queue()
    {
        FairShare shares = new(TenantDirectory.AllEqual);
        TenantAccount a = shares.Enter("a"), b = shares.Enter("b");
        FairShare.ChargePrompt(a, 100);
        FairShare.ChargePrompt(b, 60);
        TenantAccount late = shares.Enter("late");
        Assert.Equal(60, late.Served);
        FairShare.ChargeOutput(late);
        Assert.Equal(62, late.Served);

        // Who was served more than the others keeps that.
        shares.LeaveQueue(a);
        shares.Leave(a);
        Assert.Same(a, shares.Enter("a"));
        Assert.Equal(100, a.Served);

        // Without anybody in the queue, the last to leave it sets the level.
        shares.LeaveQueue(a);
        shares.LeaveQueue(b);
        shares.LeaveQueue(late);
        FairShare.ChargePrompt(late, 38);
        Assert.Equal(100, shares.Enter("new").Served);
    }

    [Fact]
    public void Accounts_that_say_nothing_are_dropped()
    {
        FairShare shares = new(TenantDirectory.AllEqual);
        TenantAccount busy = shares.Enter(null);
        Assert.Same(busy, shares.Enter(""));
        FairShare.ChargePrompt(busy, 1000);
        for (int i = 0; i < 100; i++)
        {
            TenantAccount account = shares.Enter($"tenant {i}");
            shares.LeaveQueue(account);
            shares.Leave(account);
            Assert.Equal(1, shares.Count);
        }

        for (int i = 0; i < 2; i++)
        {
            shares.LeaveQueue(busy);
            shares.Leave(busy);
        }

        Assert.Equal(0, shares.Count);
        Assert.Equal(0, shares.Enter("first again").Served);
    }
}
