using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace Inference.Tests.Scheduling;

/// <summary>Random histories against every rule that <see cref="SimulatedEngine"/> and <see cref="PlanObservation"/> state.</summary>
public class SchedulerPropertyTests
{
    [Theory]
    [InlineData(150, 2_500, 2)]
    [InlineData(800, 250, 3)]
    public void No_long_history_breaks_a_rule(int maxEvents, int histories, int seed)
    {
        int finished = 0, preemptions = 0, cached = 0, copies = 0;
        Prop.ForAll(History.Arbitrary(maxEvents), history =>
        {
            SimulatedEngine engine = history.Play();
            finished += engine.FinishedByLength;
            preemptions += engine.Preemptions;
            cached += engine.CachedTokens;
            copies += engine.Copies;
        }).Check(Deterministic(histories, seed));

        // The histories must have gone where the rules bite.
        TestContext.Current.TestOutputHelper?.WriteLine($"{finished} finished, {preemptions} preemptions, {cached} cached tokens");
        Assert.True(finished > histories);
        Assert.True(preemptions > histories / 4);
        Assert.True(cached > histories);
        Assert.True(copies > histories / 20, $"{copies} copies");
    }

    [Fact]
    public void The_same_history_gives_the_same_run()
    {
        Prop.ForAll(History.Arbitrary(80), history =>
        {
            SimulatedEngine first = history.Play(), second = history.Play();
            return first.FinishedByLength == second.FinishedByLength && first.Preemptions == second.Preemptions
                && first.CachedTokens == second.CachedTokens && first.Now == second.Now;
        }).Check(Deterministic(100, 4));
    }

    internal static Config Deterministic(int histories, int seed) =>
        Config.QuickThrowOnFailure.WithMaxTest(histories).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd((ulong)seed), FSharpOption<int>.None)));
}
