using System.Diagnostics;
using System.Text;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

/// <summary>Long texts of anything take a fraction of a second: the bound tells n log n from n squared, on however busy a machine.</summary>
public class HostileTextTests
{
    private const int Length = 1 << 18;

    public static TheoryData<string> Texts => ["a", " ", "\n", " \n", "\u0301", "e\u0315\u0300", "'", "1", "\u00E9", "世", "😀", "ab", "\u1112\u1161", "<", "\uFFFD", "</s"];

    [Theory]
    [MemberData(nameof(Texts))]
    public void ALongTextOfOneThing(string unit)
    {
        byte[] part = Encoding.UTF8.GetBytes(unit);
        byte[] text = new byte[Length];
        for (int i = 0; i < text.Length; i++)
            text[i] = part[i % part.Length];

        foreach (Tokenizer tokenizer in (Tokenizer[])[Tokenizers.Gpt2, Tokenizers.Llama, Tokenizers.TinyJson])
            Check(tokenizer, text);
        Check(Nfc.Apply, text);
        Check(bytes => Split(GgufPreTokenizers.Create("file", GgufPreTokenizers.Find("file", "llama-bpe")), bytes), text);
    }

    [Theory]
    [InlineData("tokenizers/llama3_1")]
    [InlineData("tokenizers/qwen3")]
    public void ALongTextThroughALargeVocabulary(string folder)
    {
        foreach (string unit in (string[])["a", " ", "\u0301", "0"])
            Check(Tokenizers.Shared(folder), Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, Length / unit.Length))));
    }

    [Fact]
    public void BrokenBytesAreEncodedInTime()
    {
        byte[] text = new byte[Length];
        Array.Fill(text, (byte)0xF0);
        Check(Tokenizers.Gpt2, text);
        Check(Tokenizers.Llama, text);
    }

    private static void Check(Tokenizer tokenizer, byte[] text) => Check(bytes => Assert.NotEmpty(tokenizer.Encode(bytes)), text);

    private static void Check(SpanAction action, byte[] text)
    {
        long start = Stopwatch.GetTimestamp();
        action(text);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "the time grows with the square of the text");
    }

    private static void Check(Func<ReadOnlySpan<byte>, byte[]> action, byte[] text) => Check(bytes => { _ = action(bytes); }, text);

    private static void Split(PreTokenizer preTokenizer, ReadOnlySpan<byte> text)
    {
        List<TextPiece> pieces = [];
        preTokenizer.Split(text, 0, pieces);
        Assert.Equal(text.Length, pieces.Sum(piece => piece.Length));
    }

    private delegate void SpanAction(ReadOnlySpan<byte> text);
}
