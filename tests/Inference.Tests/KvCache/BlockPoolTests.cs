using FsCheck;
using FsCheck.Fluent;
using Inference.KvCache;
using Microsoft.FSharp.Core;

namespace Inference.Tests.KvCache;

public class BlockPoolTests
{
    private static BlockHash Text(int token) => BlockHash.Chain(default, [token]);

    [Fact]
    public void Blocks_without_findable_contents_are_taken_first_then_those_freed_longest_ago()
    {
        BlockPool pool = new(4, 1);
        int a = pool.Take(), b = pool.Take(), c = pool.Take();
        Assert.True(pool.Register(a, Text(1)));
        Assert.True(pool.Register(b, Text(2)));
        pool.Release(b);
        pool.Release(a);
        pool.Release(c);

        Assert.Equal([c, 3, b, a], new[] { pool.Take(), pool.Take(), pool.Take(), pool.Take() });
        Assert.Equal(0, pool.FreeCount);
        Assert.Equal(0, pool.IndexedCount);
    }

    [Fact]
    public void A_freed_block_is_found_until_it_is_taken()
    {
        BlockPool pool = new(1, 1);
        int block = pool.Take();
        pool.Register(block, Text(7));
        pool.Release(block);
        Assert.Equal(block, pool.Find(Text(7)));

        pool.Share(block);
        Assert.Equal(1, pool.References(block));
        Assert.Equal(0, pool.FreeCount);
        pool.Release(block);

        Assert.Equal(block, pool.Take());
        Assert.Equal(-1, pool.Find(Text(7)));
    }

    [Fact]
    public void Of_two_equal_blocks_the_first_is_found()
    {
        BlockPool pool = new(2, 1);
        int first = pool.Take(), second = pool.Take();
        Assert.True(pool.Register(first, Text(1)));
        Assert.True(pool.Register(first, Text(1)));
        Assert.False(pool.Register(second, Text(1)));
        Assert.Equal(first, pool.Find(Text(1)));
        pool.Release(second);
        Assert.Equal(second, pool.Take());
        Assert.Equal(first, pool.Find(Text(1)));
    }

    [Fact]
    public void Misuse_is_an_error()
    {
        BlockPool pool = new(2, 1);
        Assert.Throws<InvalidOperationException>(() => pool.Release(0));
        int block = pool.Take();
        pool.Share(block);
        pool.Release(block);
        pool.Release(block);
        Assert.Throws<InvalidOperationException>(() => pool.Release(block));
        Assert.Throws<InvalidOperationException>(() => pool.Share(block));
        Assert.Throws<InvalidOperationException>(() => pool.Register(block, Text(1)));
        pool.Take();
        pool.Register(block, Text(1));
        Assert.Throws<InvalidOperationException>(() => pool.Register(block, Text(2)));
        pool.Take();
        Assert.Throws<InvalidOperationException>(() => pool.Take());
    }

    [Fact]
    public void Without_prefix_caching_nothing_is_found()
    {
        BlockPool pool = new(1, 1, prefixCaching: false);
        Assert.False(pool.Register(pool.Take(), Text(1)));
        Assert.Equal(-1, pool.Find(Text(1)));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(-1, 16)]
    [InlineData(1, BlockPool.MaxBlockSize + 1)]
    public void Sizes_out_of_range_are_refused(int blockCount, int blockSize) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BlockPool(blockCount, blockSize));

    [Fact]
    public void Blocks_for_tokens_rounds_up_without_overflow()
    {
        BlockPool pool = new(1, 16);
        Assert.Equal([0, 1, 1, 2, 134_217_728], new[] { 0, 1, 16, 17, int.MaxValue }.Select(pool.BlocksFor));
    }

    [Theory]
    [InlineData(200, 200)]
    [InlineData(30, 20_000)]
    public void Any_use_agrees_with_a_plain_model(int length, int histories)
    {
        // The model: reference counts, contents, and the free blocks as a list.
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ArrayOf(length).ToArbitrary(), numbers =>
        {
            BlockPool pool = new(6, 1);
            int[] references = new int[6];
            int?[] texts = new int?[6];
            List<int> free = [0, 1, 2, 3, 4, 5];
            foreach (int number in numbers)
            {
                int block = number / 4 % 6, text = number / 24 % 5;
                switch (number % 4)
                {
                    case 0 when free.Count > 0:
                        Assert.Equal(free[0], pool.Take());
                        references[free[0]] = 1;
                        texts[free[0]] = null;
                        free.RemoveAt(0);
                        break;
                    case 1 when references[block] > 0:
                        pool.Release(block);
                        if (--references[block] == 0)
                            free.Insert(texts[block] is null ? 0 : free.Count, block);
                        break;
                    case 2 when references[block] > 0 && texts[block] is null:
                        bool isFirst = !texts.Contains(text);
                        Assert.Equal(isFirst, pool.Register(block, Text(text)));
                        texts[block] = isFirst ? text : null;
                        break;
                    case 3:
                        int found = pool.Find(Text(text));
                        Assert.Equal(Array.IndexOf(texts, text), found);
                        if (found >= 0)
                        {
                            pool.Share(found);
                            references[found]++;
                            free.Remove(found);
                        }

                        break;
                }

                Assert.Equal(references, Enumerable.Range(0, 6).Select(pool.References));
                Assert.Equal(free.Count, pool.FreeCount);
                Assert.Equal(texts.Count(one => one is not null), pool.IndexedCount);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(histories).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(5), FSharpOption<int>.None))));
    }
}
