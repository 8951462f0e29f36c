using System.Security.Cryptography;
using System.Text;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class UnicodeNormalizerTests
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
    [Theory]
    [InlineData("C", "DE0A2980F40C3E6771C8A205FCC7F21571CEC94A5FFE7AB62FEE0CC2599FDFDE")]
    [InlineData("D", "CD47D748004ADC75B483E2D1AAE1F285B5C2E9AC170F2518CE648A59C6FD824F")]
    [InlineData("KD", "C42B11A8D7385B00F50C4EC7488C41FFADF835FC59E945D9A5E57EFB7770C860")]
    [InlineData("KC", "833F48911F18A5456BBD5E16191B55EF9C8FA5FAC36B87DA8CB60E83F64A2F46")]
    public void EveryCodePointNormalisesAsElsewhere(string form, string expected)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < 0x110000; i++)
        {
            if (Rune.IsValid(i))
                Add(hash, new Rune(i).ToString(), form);
        }

        Assert.Equal(expected, Convert.ToHexString(hash.GetHashAndReset()));
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

    [Theory]
    [InlineData("D", "0E4AB8E64BCD5C26E9818412EDBBEA8343C26D9DCE1724E7B68225B2BE248EFD")]
    [InlineData("KD", "3241FA9176E5B14EC04D53499C64262BC1B754566E9F475DB27920A5DFA0D62F")]
    [InlineData("KC", "C869F97F1F9F16AE1139383B625A1FAADAC1C428DE445A0D344053AC108D5D59")]
    public void VariantsLettersAndMarksNormaliseAsElsewhere(string form, string expected)
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
            {
                int kind = Next(3);
                text.Append((char)(kind == 0 ? 0x41 + Next(58) : kind == 1 ? 0x300 + Next(0x50) : 0xFB00 + Next(0x400)));
            }

            Add(hash, text.ToString(), form);
        }

        Assert.Equal(expected, Convert.ToHexString(hash.GetHashAndReset()));
    }

    private static void Add(IncrementalHash hash, string text, string form = "C")
    {
        var output = new TextBuffer("file", int.MaxValue);
        new UnicodeNormalizer(composes: form[^1] == 'C', compatibility: form.Length == 2).Apply(Encoding.UTF8.GetBytes(text), isStart: true, output);
        hash.AppendData(output.WrittenSpan);
        hash.AppendData([0xFF]);
    }
}
