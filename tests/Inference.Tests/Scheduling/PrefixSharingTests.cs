using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class PrefixSharingTests
{
    private static int[] Prompt(int shared, int own, int first) => [.. Enumerable.Range(0, shared), .. Enumerable.Range(first * 1000, own)];

    [Fact]
    public void A_cached_prefix_is_not_computed_again_but_for_one_token_at_least()
    {
        SimulatedEngine engine = new(new() { PrefixWindow = 1 }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(16, 0, 1), 17);
        engine.Drain(10);
        Sequence same = engine.Submit(Prompt(16, 0, 1), 17), longer = engine.Submit(Prompt(16, 3, 2), 20), shorter = engine.Submit(Prompt(9, 0, 3), 20);
        PlannedSlice[] slices = engine.Step();
        Assert.Equal([(12, 4), (16, 3), (8, 1)], slices.Select(slice => (slice.Start, slice.Count)));
        Assert.Equal((12, 16, 8), (same.CachedTokens, longer.CachedTokens, shorter.CachedTokens));
    }

    [Fact]
    public void Generated_text_is_found_by_the_next_turn()
    {
        SimulatedEngine engine = new(new(), blocks: 100, blockSize: 4);
        Sequence turn = engine.Submit(Prompt(6, 0, 1), 20);
        engine.Drain(30);
        Sequence next = engine.Submit([.. turn.Tokens, 1, 2, 3], 40);
        engine.Step();
        // The last generated token was never computed, so its block is not full.
        Assert.Equal(16, next.CachedTokens);
    }

    [Theory]
    [InlineData(null, null, 12)]
    [InlineData("a", "a", 12)]
    [InlineData("a", "b", 0)]
    [InlineData(null, "", 0)]
    [InlineData("", null, 0)]
    [InlineData(null, "a", 0)]
    public void Only_equal_salts_share(string? first, string? second, int cached)
    {
        SimulatedEngine engine = new(new(), blocks: 100, blockSize: 4);
        engine.Submit(Prompt(16, 0, 1), 17, salt: first);
        engine.Drain(10);
        Sequence later = engine.Submit(Prompt(16, 0, 1), 17, salt: second);
        engine.Step();
        Assert.Equal(cached, later.CachedTokens);
    }

    [Fact]
    public void Different_salts_do_not_wait_for_each_other_or_share_while_running()
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 40 }, blocks: 100, blockSize: 4);
        Sequence a = engine.Submit(Prompt(16, 0, 1), 30, salt: "a"), b = engine.Submit(Prompt(16, 0, 1), 30, salt: "b");
        Assert.Equal(2, engine.Step().Length);
        Assert.Empty(a.Blocks.ToArray().Intersect(b.Blocks.ToArray()));
    }

    [Fact]
    public void Equal_prompts_that_arrive_together_are_computed_once()
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 8 }, blocks: 100, blockSize: 4);
        Sequence[] all = [.. Enumerable.Range(0, 5).Select(i => engine.Submit(Prompt(24, 1, i), 30))];
        int computed = 0;
        while (engine.Live.Any(one => one.Sequence.Length == one.Sequence.PromptLength))
            computed += engine.Step().Where(slice => slice.Start < slice.Sequence.PromptLength).Sum(slice => slice.Count);
        Assert.Equal(24 + 5, computed);
        Assert.Equal([0, 24, 24, 24, 24], all.Select(one => one.CachedTokens));
    }

    [Fact]
    public void Another_prompt_passes_those_that_are_held_back()
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 8 }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(12, 1, 1), 20);
        engine.Submit(Prompt(12, 1, 2), 20);
        engine.Submit(Prompt(0, 2, 3), 20);
        Assert.Equal([1L], engine.Step().Select(slice => slice.Sequence.Id));
        Assert.Equal([1L, 3], engine.Step().Select(slice => slice.Sequence.Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_waits_for_a_prefix_goes_on_alone_when_its_maker_stops(bool cancel)
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 8 }, blocks: 100, blockSize: 4);
        Sequence maker = engine.Submit(Prompt(40, 1, 1), 50), waiting = engine.Submit(Prompt(40, 1, 2), 50);
        engine.Step();
        engine.Step();
        Assert.Equal(SequenceState.Waiting, waiting.State);
        if (cancel)
            engine.Finish(maker);
        else
            engine.Pause(maker);
        engine.Step();
        Assert.Equal((16, 24), (waiting.CachedTokens, waiting.Computed));
    }

    [Fact]
    public void A_longer_prefix_jumps_within_the_window_only()
    {
        Assert.Equal([2L, 1], OrderWithWindow(window: 2));
        Assert.Equal([4L, 1], OrderWithWindow(window: 4));
        Assert.Equal([1L, 5], OrderWithWindow(window: 1));
    }

    private static IEnumerable<long> OrderWithWindow(int window)
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1, PrefixWindow = window, MaxBypasses = 1 }, blocks: 100, blockSize: 4);
        Sequence warm = engine.Submit(Prompt(16, 1, 1), 18);
        engine.Drain(10);
        long start = warm.Id;
        engine.Submit(Prompt(0, 9, 2), 10);
        engine.Submit(Prompt(8, 1, 3), 10);
        engine.Submit(Prompt(0, 9, 4), 10);
        engine.Submit(Prompt(16, 1, 5), 18);
        engine.Submit(Prompt(16, 1, 6), 18, tenant: "other");
        List<long> order = [];
        while (order.Count < 2)
            order.AddRange(engine.Step().Where(slice => slice.Sequence.Computed <= slice.Sequence.PromptLength && !order.Contains(slice.Sequence.Id - start)).Select(slice => slice.Sequence.Id - start));
        return order;
    }

    [Fact]
    public void A_longer_prefix_that_does_not_fit_stops_nobody()
    {
        SimulatedEngine engine = new(new(), blocks: 10, blockSize: 4);
        engine.Submit(Prompt(8, 1, 1), 10);
        engine.Drain(10);
        engine.Submit(Prompt(0, 20, 2), 30);
        engine.Step();
        Sequence small = engine.Submit(Prompt(0, 3, 3), 4);
        Sequence large = engine.Submit(Prompt(8, 16, 4), 28);
        engine.Step();
        Assert.Equal(SequenceState.Finished, small.State);
        Assert.Equal(SequenceState.Waiting, large.State);
        engine.Drain(100);
    }

    [Fact]
    public void Without_prefix_caching_nothing_is_shared_or_held_back()
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 100 }, blocks: 100, blockSize: 4, prefixCaching: false);
        engine.Submit(Prompt(16, 1, 1), 20);
        engine.Submit(Prompt(16, 1, 2), 20);
        Assert.Equal([17, 17], engine.Step().Select(slice => slice.Count));
    }
}
