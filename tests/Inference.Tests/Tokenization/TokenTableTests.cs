using System.Text;
using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class TokenTableTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(20_000)]
    public void Pieces_are_found_as_in_a_dictionary(int capacity)
    {
        var random = new Random(7);
        var table = new PieceTable(capacity);
        var expected = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < 20_000; i++)
        {
            string text = RandomText(random, i);
            Assert.Equal(expected.TryAdd(text, i), table.Add(text, i));
        }

        foreach ((string text, int id) in expected)
            Assert.Equal(id, table.Find(Encoding.UTF8.GetBytes(text)));
        for (int i = 0; i < 2000; i++)
        {
            string text = RandomText(random, i) + "?";
            Assert.Equal(expected.GetValueOrDefault(text, -1), table.Find(Encoding.UTF8.GetBytes(text)));
        }

        Assert.Equal(-1, table.Find(new byte[100_000]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30_000)]
    public void Merges_are_found_as_in_a_dictionary(int capacity)
    {
        // Pairs of equals and of neighbours, as vocabularies have them, and pairs at random; the first of two for one pair counts.
        var random = new Random(8);
        var merges = new RankedMerges(capacity);
        var expected = new Dictionary<(int, int), (int, int)>();
        for (int rank = 0; rank < 30_000; rank++)
        {
            int left = random.Next(8000);
            int right = (rank % 3) switch { 0 => left, 1 => left + 1, _ => random.Next(8000) };
            merges.Add(rank, left, right, rank / 2);
            expected.TryAdd((left, right), (rank, rank / 2));
        }

        for (int left = 0; left < 8000; left += 3)
        {
            foreach (int right in (int[])[left, left + 1, random.Next(8000), -1])
            {
                bool found = merges.TryMerge(default, new Symbol { Id = left }, new Symbol { Id = right }, out int id, out int priority);
                Assert.Equal(expected.TryGetValue((left, right), out (int Rank, int Id) merge), found);
                if (found)
                    Assert.Equal(merge, (priority, id));
            }
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_are_replaced_where_they_are()
    {
        var valid = new GgufStrings(["", "a", "é", "", "日本"]);
        Assert.Same(valid, valid.ReplaceInvalid());

        // The second is a valid text as a whole, but cut inside a character.
        foreach (byte[] bytes in (byte[][])[[.. "a"u8, 0xFF, .. "b"u8], [.. "aé"u8, .. "b"u8]])
        {
            var broken = new GgufStrings(bytes, [2, bytes.Length]);
            GgufStrings repaired = broken.ReplaceInvalid();
            Assert.NotSame(broken, repaired);
            Assert.Equal(broken, repaired);
            for (int i = 0; i < repaired.Count; i++)
                Assert.True(System.Text.Unicode.Utf8.IsValid(repaired.Utf8(i)));
        }
    }

    private static string RandomText(Random random, int i) => i == 5 ? "" : string.Concat(Enumerable.Range(0, random.Next(1, i % 50 == 0 ? 40 : 7)).Select(_ => "aé\u65E5b c"[random.Next(6)]));
}
