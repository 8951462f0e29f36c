using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Inference.KvCache;

namespace Inference.Tests.KvCache;

public class BlockHashTests
{
    [Fact]
    public void A_chain_is_sha256_over_the_parent_and_the_tokens()
    {
        int[] tokens = [1, -2, 300_000];
        byte[] parent = SHA256.HashData(Encoding.Unicode.GetBytes("salt"));
        byte[] expected = SHA256.HashData([.. parent, .. MemoryMarshal.AsBytes<int>(tokens)]);
        BlockHash hash = BlockHash.Chain(BlockHash.Root("salt"), tokens);
        Assert.Equal(expected, MemoryMarshal.AsBytes((ReadOnlySpan<ulong>)hash).ToArray());
    }

    [Fact]
    public void Salt_parent_and_tokens_all_matter()
    {
        int[] one = [1, 2], two = [3, 4];
        BlockHash[] hashes =
        [
            BlockHash.Chain(BlockHash.Root(null), one),
            BlockHash.Chain(BlockHash.Root(""), one),
            BlockHash.Chain(BlockHash.Root("a"), one),
            BlockHash.Chain(BlockHash.Root("\ud800"), one),
            BlockHash.Chain(BlockHash.Root("\ufffd"), one),
            BlockHash.Chain(BlockHash.Root(null), two),
            BlockHash.Chain(BlockHash.Chain(BlockHash.Root(null), one), two),
            BlockHash.Chain(BlockHash.Chain(BlockHash.Root(null), two), two),
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.Equal(hashes[0], BlockHash.Chain(BlockHash.Root(null), [1, 2]));
        Assert.True(hashes[0].Equals((object)hashes[0]));
        Assert.False(hashes[0].Equals("another type"));
    }

    [Fact]
    public void Hashing_a_block_allocates_nothing()
    {
        int[] tokens = new int[BlockPool.MaxBlockSize];
        BlockHash hash = BlockHash.Chain(default, tokens);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
                hash = BlockHash.Chain(hash, tokens);
        }));
    }
}
