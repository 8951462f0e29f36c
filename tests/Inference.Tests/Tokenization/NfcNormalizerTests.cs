using System.Security.Cryptography;
using System.Text;

namespace Inference.Tests.Tokenization;

public class NfcNormalizerTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("a\u0315\u0300\u05AE\u0300\u0062", "\u00E0\u05AE\u0300\u0315b")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\uD558\u11AB", "\uD55C")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("a\u0323\u0302", "\u1EAD")]
    [InlineData("a\u0302\u0323", "\u1EAD")]
    [InlineData("\uFB01", "\uFB01")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("C\u031B\u0323u\u031B\u0309a", "C\u031B\u0323\u1EEDa")]
    public void KnownCases(string text, string expected) => Assert.Equal(expected, Nfc.Apply(text));

    // Hashes of what another implementation (ICU, Unicode 17) gives for the same input.
    [Fact]
    public void EveryCodePointNormalisesAsElsewhere()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < 0x110000; i++)
        {
            if (Rune.IsValid(i))
                Add(hash, new Rune(i).ToString());
        }

        Assert.Equal("DE0A2980F40C3E6771C8A205FCC7F21571CEC94A5FFE7AB62FEE0CC2599FDFDE", Convert.ToHexString(hash.GetHashAndReset()));
    }

    [Fact]
    public void LettersAndMarksInAnyOrderNormaliseAsElsewhere()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int seed = 12345;
        int Next(int bound)
        {
            seed = ((seed * 1103515245) + 12345) & int.MaxValue;
            return (seed >> 8) % bound;
        }

        for (int i = 0; i < 100_000; i++)
        {
            var text = new StringBuilder();
            for (int n = 1 + Next(8); n > 0; n--)
                text.Append((char)(Next(2) != 0 ? 0x41 + Next(58) : 0x300 + Next(0x50)));
            Add(hash, text.ToString());
        }

        Assert.Equal("0EFE83108F629549F0159A20E25D8F4556C62D09B37ABEFDEEAC428C15A3B8D0", Convert.ToHexString(hash.GetHashAndReset()));
    }

    [Fact]
    public void BytesThatAreNoTextStayAndSeparate()
    {
        Assert.Equal([0x65, 0xFF, 0xCC, 0x81], Nfc.Apply([0x65, 0xFF, 0xCC, 0x81]));
        Assert.Equal([0xE2, 0x82, 0xC3, 0xA9], Nfc.Apply([0xE2, 0x82, 0x65, 0xCC, 0x81]));
    }

    private static void Add(IncrementalHash hash, string text)
    {
        hash.AppendData(Nfc.Apply(Encoding.UTF8.GetBytes(text)));
        hash.AppendData([0xFF]);
    }
}
