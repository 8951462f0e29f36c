using FsCheck;
using FsCheck.Fluent;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class TenantTests
{
    private static int[] Prompt(int length, int first) => [.. Enumerable.Range(first * 1000, length)];

    private static TenantDirectory Tenants(params (string Name, TenantOptions Options)[] tenants) =>
        new(tenants.ToDictionary(one => one.Name, one => one.Options), new TenantOptions());

    [Fact]
    public void Shares_are_as_the_weights()
    {
        // Twelve tokens' worth each, so three of the one for one of the other.
        SimulatedEngine engine = new(new() { MaxSequences = 1, Tenants = Tenants(("gold", new() { Weight = 3 })) }, blocks: 100, blockSize: 4);
        for (int i = 0; i < 6; i++)
            engine.Submit(Prompt(8, i), 10, tenant: "gold");
        for (int i = 6; i < 9; i++)
            engine.Submit(Prompt(8, i), 10, tenant: "other");
        List<long> order = [];
        while (engine.Scheduler.HasWork)
            order.AddRange(engine.Step().Where(slice => slice.Start == 0).Select(slice => slice.Sequence.Id));
        Assert.Equal([1L, 7, 2, 3, 4, 8, 5, 6, 9], order);
    }

    [Fact]
    public void Under_saturation_counters_stay_within_the_stated_difference() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            int maxRunning = random.Next(1, 9), longestPrompt = random.Next(1, 60), longestOutput = random.Next(1, 40);
            double[] weights = [1, random.Next(1, 9), 0.25 * random.Next(1, 9)];
            SchedulerOptions options = new()
            {
                MaxSequences = maxRunning,
                MaxTokensPerStep = random.Next(8, 128),
                MaxBypasses = int.MaxValue,
                Tenants = Tenants(("0", new() { Weight = weights[0] }), ("1", new() { Weight = weights[1] }), ("2", new() { Weight = weights[2] })),
            };
            Load load = new(options, blocks: 4 * maxRunning * 100, blockSize: 1);
            TenantAccount[] accounts = new TenantAccount[3];
            for (int i = 0; i < 300; i++)
            {
                // Tenants ask for different things: shares are of tokens, not of requests.
                int tenant = i % 3;
                int output = random.Next(1, longestOutput + 1);
                accounts[tenant] = load.Submit(random.Next(1, 1 + Math.Max(1, longestPrompt / (tenant + 1))), output, output, tenant: $"{tenant}").Account!;
            }

            double bound = maxRunning * (longestPrompt + (2 * longestOutput)) / weights.Min();
            while (accounts.All(account => account.Queued > 0))
            {
                load.Step();
                if (accounts.Max(account => account.Served) - accounts.Min(account => account.Served) is var difference && difference > bound)
                    Assert.Fail($"Counters are {difference} apart.");
            }

            Assert.True(accounts.Max(account => account.Served) > 0);
        }).Check(SchedulerPropertyTests.Deterministic(150, 31));

    [Fact]
    public void A_flood_of_one_tenant_does_not_become_overdue_as_a_whole()
    {
        Load load = new(new() { MaxSequences = 2, MaxBypasses = 4, MaxQueuedSequences = 1000 }, blocks: 100, blockSize: 4);
        Sequence[] flood = [.. Enumerable.Range(0, 200).Select(_ => load.Submit(4, 4, 4, tenant: "flood"))];
        Sequence[] later = [.. Enumerable.Range(0, 100).Select(_ => load.Submit(4, 4, 4, tenant: "later"))];
        while (later.Any(one => one.State != SequenceState.Finished))
        {
            load.Step();
            Assert.InRange(flood.Count(one => one.FirstScheduled >= 0) - later.Count(one => one.FirstScheduled >= 0), -2, 2);
        }
    }

    [Fact]
    public void A_tenant_at_its_limit_waits_and_holds_nobody_up()
    {
        SimulatedEngine engine = new(new() { Tenants = Tenants(("a", new() { MaxRunning = 1 })) }, blocks: 100, blockSize: 4);
        for (int i = 0; i < 3; i++)
            engine.Submit(Prompt(3, i), 6, tenant: "a", priority: 5);
        engine.Submit(Prompt(3, 3), 6, tenant: "b");
        Assert.Equal([1L, 4], engine.Step().Select(slice => slice.Sequence.Id));
        engine.Drain(20);
    }

    [Fact]
    public void A_paused_one_does_not_count_against_the_limit()
    {
        SimulatedEngine engine = new(new() { Tenants = Tenants(("a", new() { MaxRunning = 1 })) }, blocks: 100, blockSize: 4);
        Sequence first = engine.Submit(Prompt(3, 1), 20, tenant: "a");
        engine.Step();
        engine.Submit(Prompt(3, 2), 20, tenant: "a");
        engine.Pause(first);
        engine.Pause(first);
        Assert.Equal([2L], engine.Step().Select(slice => slice.Sequence.Id));
        engine.Resume(first);
        engine.Resume(first);
        Assert.Equal(2, first.Account!.Running);
        engine.Submit(Prompt(3, 3), 5, tenant: "a");
        Assert.Equal([1L, 2], engine.Step().Select(slice => slice.Sequence.Id).Order());
        engine.Drain(50);
        Assert.Equal(0, first.Account.Running);
    }

    [Fact]
    public void A_tenants_full_queue_refuses_that_tenant_alone()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1, Tenants = Tenants(("a", new() { MaxQueued = 2 })) }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(3, 1), 9, tenant: "a");
        engine.Submit(Prompt(3, 2), 9, tenant: "a");
        Assert.Equal(Admission.TenantQueueFull, engine.Offer(Prompt(3, 3), 9, 0, "a", null, long.MaxValue, 0).Answer);
        engine.Submit(Prompt(3, 4), 9, tenant: "b");
        engine.Step();
        engine.Submit(Prompt(3, 5), 9, tenant: "a");
        engine.Drain(50);
    }

    [Theory]
    [InlineData(0, null, null)]
    [InlineData(double.NaN, null, null)]
    [InlineData(double.PositiveInfinity, null, null)]
    [InlineData(1, 0, null)]
    [InlineData(1, null, 0)]
    public void Options_out_of_range_are_refused(double weight, int? maxRunning, int? maxQueued)
    {
        TenantOptions options = new() { Weight = weight, MaxRunning = maxRunning, MaxQueued = maxQueued };
        Assert.Throws<ArgumentOutOfRangeException>(() => Tenants(("a", options)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TenantDirectory(new Dictionary<string, TenantOptions>(), options));
    }
}
