using Inference.KvCache;

namespace Inference.Tests.KvCache;

public class BlockTableTests
{
    private static readonly int[] _text = [.. Enumerable.Range(0, 12)];

    private static BlockTable Computed(BlockPool pool, ReadOnlySpan<int> text)
    {
        BlockTable table = new(BlockHash.Root(null));
        table.Attach(pool, text);
        table.Seal(pool, text, 0, text.Length);
        return table;
    }

    [Fact]
    public void A_second_table_shares_full_blocks_but_never_the_last_token()
    {
        BlockPool pool = new(10, 4);
        BlockTable first = Computed(pool, _text);
        BlockTable second = new(BlockHash.Root(null));
        Assert.Equal(new PrefixMatch(2, 0), second.Match(pool, _text));
        Assert.Equal(2, second.Attach(pool, _text));
        Assert.Equal(first.Blocks[..2].ToArray(), second.Blocks[..2].ToArray());
        Assert.NotEqual(first.Blocks[2], second.Blocks[2]);
        Assert.Equal(6, pool.FreeCount);
    }

    [Fact]
    public void Free_blocks_that_are_found_count_as_taken()
    {
        BlockPool pool = new(4, 4);
        Computed(pool, _text).Release(pool);
        BlockTable second = new(BlockHash.Root(null));
        Assert.Equal(new PrefixMatch(2, 2), second.Match(pool, _text));
        Assert.True(second.Fits(pool, _text, maxLength: 13));
        pool.Take();
        Assert.False(second.Fits(pool, _text, maxLength: 13));
        Assert.True(second.Fits(pool, _text, maxLength: 12));
        Assert.Equal(2, second.Attach(pool, _text));
        Assert.Equal(0, pool.FreeCount);
    }

    [Fact]
    public void Held_blocks_that_are_found_cost_nothing()
    {
        BlockPool pool = new(5, 4);
        Computed(pool, _text);
        BlockTable second = new(BlockHash.Root(null));
        Assert.True(second.Fits(pool, _text, maxLength: 16));
        Assert.False(new BlockTable(BlockHash.Root("other")).Fits(pool, _text, maxLength: 16));
    }

    [Fact]
    public void The_end_of_a_text_is_forgotten_before_its_beginning()
    {
        BlockPool pool = new(3, 4);
        Computed(pool, _text).Release(pool);
        pool.Take();
        Assert.Equal(2, new BlockTable(BlockHash.Root(null)).Match(pool, _text).Blocks);
        pool.Take();
        Assert.Equal(1, new BlockTable(BlockHash.Root(null)).Match(pool, _text).Blocks);
    }

    [Fact]
    public void A_table_is_filled_once()
    {
        BlockPool pool = new(10, 4);
        BlockTable table = Computed(pool, _text);
        Assert.Throws<InvalidOperationException>(() => table.Attach(pool, _text));
    }

    [Fact]
    public void Only_blocks_that_became_full_are_sealed()
    {
        BlockPool pool = new(10, 4);
        BlockTable table = new(BlockHash.Root(null));
        table.Attach(pool, _text);
        table.Seal(pool, _text, 0, 3);
        Assert.Equal(0, pool.IndexedCount);
        table.Seal(pool, _text, 3, 9);
        Assert.Equal(2, pool.IndexedCount);
        table.Seal(pool, _text, 9, 12);
        Assert.Equal(3, pool.IndexedCount);
    }
}
