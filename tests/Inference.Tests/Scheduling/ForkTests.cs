using Inference.KvCache;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

/// <summary>Forks take over what their origin has computed. That they read no other text is checked by the simulated engine at every step.</summary>
public class ForkTests
{
    private static int[] Prompt(int length) => [.. Enumerable.Range(0, length).Select(i => i % 3)];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_fork_shares_full_blocks_and_copies_the_last(bool prefixCaching)
    {
        SimulatedEngine engine = new(new(), blocks: 20, blockSize: 4, prefixCaching);
        Sequence origin = engine.Submit(Prompt(9), 30);
        engine.Step();
        engine.Step();
        (_, Sequence fork) = engine.Fork(origin, 30, seed: 1);
        PlannedSlice[] slices = engine.Step();
        Assert.Equal([(origin, 10, 1), (fork, 10, 1)], slices.Select(slice => (slice.Sequence, slice.Start, slice.Count)));
        Assert.Equal(origin.Blocks[..2].ToArray(), fork.Blocks[..2].ToArray());
        Assert.NotEqual(origin.Blocks[2], fork.Blocks[2]);
        Assert.Equal((1, 10), (engine.Copies, fork.CachedTokens));
        Assert.Equal(16, engine.Pool.FreeCount);
        engine.Finish(fork);
        Assert.Equal(17, engine.Pool.FreeCount);
        engine.Drain(100);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Forks_of_a_prompt_wait_until_it_is_computed(bool prefixCaching)
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 4 }, blocks: 40, blockSize: 4, prefixCaching);
        Sequence origin = engine.Submit(Prompt(10), 30);
        Sequence[] forks = [.. Enumerable.Range(1, 2).Select(i => engine.Fork(origin, 30, (ulong)i).Sequence)];
        for (int step = 0; step < 3; step++)
            Assert.Equal(origin, Assert.Single(engine.Step()).Sequence);
        Assert.Equal([1, 1, 1], engine.Step().Select(slice => slice.Count));
        Assert.All(forks, fork => Assert.Equal(9, fork.CachedTokens));
        engine.Drain(100);
    }

    [Fact]
    public void An_origin_that_has_lost_its_blocks_gives_what_the_cache_kept()
    {
        SimulatedEngine engine = new(new(), blocks: 8, blockSize: 4);
        Sequence origin = engine.Submit(Prompt(9), 20);
        engine.Step();
        (_, Sequence fork) = engine.Fork(origin, 20, seed: 1);
        engine.Finish(origin);
        engine.Step();
        Assert.Equal((0, 8), (engine.Copies, fork.CachedTokens));
        engine.Drain(100);
    }

    [Fact]
    public void A_paused_origin_does_not_keep_its_forks_waiting()
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 4 }, blocks: 20, blockSize: 4);
        Sequence origin = engine.Submit(Prompt(12), 30);
        engine.Step();
        engine.Pause(origin);
        (_, Sequence fork) = engine.Fork(origin, 30, seed: 1);
        Assert.Equal(fork, Assert.Single(engine.Step()).Sequence);
        Assert.Equal(4, fork.CachedTokens);
        engine.Drain(100);
    }

    [Fact]
    public void A_fork_fits_where_only_its_own_blocks_do()
    {
        SimulatedEngine engine = new(new(), blocks: 6, blockSize: 4, prefixCaching: false);
        Sequence origin = engine.Submit(Prompt(14), 18);
        engine.Step();
        // The origin has 4 blocks for 15 tokens; 3 of them are shared, one is copied, and one more is kept for growing.
        (_, Sequence fork) = engine.Fork(origin, 18, seed: 1);
        Assert.Contains(engine.Step(), slice => slice.Sequence == fork);
        engine.Drain(100);
    }

    [Fact]
    public void A_pin_holds_what_the_index_finds()
    {
        BlockPool pool = new(8, 2);
        int[] text = [1, 2, 3, 4];
        BlockTable first = new(BlockHash.Root(null)), second = new(BlockHash.Root(null));
        first.Attach(pool, text);
        second.Attach(pool, text);
        first.Seal(pool, text, 0, 4);
        second.Seal(pool, text, 0, 4);
        int[] pinned = second.Pin(pool, text);
        Assert.Equal(first.Blocks.ToArray(), pinned);
        first.Release(pool);
        second.Release(pool);
        Assert.Equal(6, pool.FreeCount);

        // What was found has been taken since: the table's own blocks become what is found.
        BlockTable third = new(BlockHash.Root(null));
        foreach (int block in pinned)
            pool.Release(block);
        while (pool.FreeCount > 2)
            pool.Take();
        BlockTable again = new(BlockHash.Root("other"));
        again.Attach(pool, text);
        pinned = again.Pin(pool, text);
        Assert.Equal(again.Blocks.ToArray(), pinned);
        Assert.Equal(2, again.Match(pool, [.. text, 5]).Blocks);
        Assert.Equal(0, third.Match(pool, [.. text, 5]).Blocks);
    }
}
