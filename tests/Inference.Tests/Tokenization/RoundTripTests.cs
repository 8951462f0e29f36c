using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class RoundTripTests
{
    private static readonly Config _config = Config.QuickThrowOnFailure.WithMaxTest(1000).WithReplay(20250102, 5);

    private static readonly Gen<Rune> _rune = Gen.Frequency(
        (8, Gen.Choose(0x20, 0x7E).Select(c => new Rune(c))),
        (2, Gen.Elements(' ', '\n', '\r', '\t', '\'', '\u00A0', '\u0085').Select(c => new Rune(c))),
        (2, Gen.Choose(0x80, 0xD7FF).Select(c => new Rune(c))),
        (1, Gen.Choose(0x10000, 0x10FFFF).Select(c => new Rune(c))));

    private static readonly Gen<string> _text = _rune.ArrayOf().Select(runes => string.Concat(runes));

    [Fact]
    public void ByteLevelTextComesBack()
        => Check.One(_config, Prop.ForAll(_text.ToArbitrary(), text => Tokenizers.Gpt2.Decode(Tokenizers.Gpt2.Encode(text)) == text));

    [Fact]
    public void SentencePieceTextComesBack()
        => Check.One(_config, Prop.ForAll(
            _text.ToArbitrary(),
            text => Tokenizers.Llama.Decode(Tokenizers.Llama.Encode(text)) == text.Replace('\u2581', ' ')));

    [Theory]
    [InlineData("tokenizers/llama3_1", false)]
    [InlineData("tokenizers/qwen3", true)]
    [InlineData("tokenizers/phi3-v", false)]
    public void TokenizerJsonTextComesBack(string folder, bool normalises)
    {
        Tokenizer tokenizer = Tokenizers.Shared(folder);
        Check.One(_config.WithMaxTest(300), Prop.ForAll(_text.ToArbitrary(), text =>
        {
            string expected = normalises ? Nfc.Apply(text) : text.Replace('\u2581', ' ');
            return tokenizer.Decode(tokenizer.Encode(text)) == expected;
        }));
    }

    [Fact]
    public void AnyBytesAreEncodedAndComeBack()
    {
        Gen<byte[]> gen = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf();
        Check.One(_config, Prop.ForAll(gen.ToArbitrary(), bytes =>
        {
            byte[] byteLevel = [.. Tokenizers.Gpt2.Encode(bytes, addSpecial: false).SelectMany(id => Tokenizers.Gpt2.TokenBytes(id).ToArray())];
            byte[] sentencePiece = [.. Tokenizers.Llama.Encode(bytes, addSpecial: false).SelectMany(id => Tokenizers.Llama.TokenBytes(id).ToArray())];
            return byteLevel.SequenceEqual(bytes)
                && sentencePiece.SequenceEqual(bytes.Length == 0 ? bytes : bytes.Prepend((byte)' '));
        }));
    }

    [Fact]
    public void VocabulariesWithoutBytesUseTheUnknownTokenOnceForARun()
    {
        Assert.Single(Tokenizers.TinyJson.Encode("a😀😀b"), id => id == 0);
        Assert.Single(Tokenizers.TinyJson.Encode([0x61, 0xFF, 0xFE, 0x62]), id => id == 0);
        Assert.Single(Tokenizers.TinyGguf.Encode([0x61, 0xFF, 0xFE, 0x62]), id => id == 0);
    }

    [Fact]
    public void UnpairedSurrogatesBecomeReplacementCharacters()
        => Assert.Equal("a\uFFFDb", Tokenizers.Gpt2.Decode(Tokenizers.Gpt2.Encode("a\uD800b")));

    [Fact]
    public void ManyThreadsShareATokenizer()
    {
        string[] texts = [.. Enumerable.Range(0, 64).Select(i => $"Thread {i} says: héllo 世界 {i * 7919}'s")];
        int[][] expected = [.. texts.Select(text => Tokenizers.Gpt2.Encode(text))];
        Parallel.For(0, 2000, i =>
        {
            int[] ids = Tokenizers.Gpt2.Encode(texts[i % 64]);
            Assert.Equal(expected[i % 64], ids);
            Assert.Equal(texts[i % 64], Tokenizers.Gpt2.Decode(ids));
        });
    }
}
