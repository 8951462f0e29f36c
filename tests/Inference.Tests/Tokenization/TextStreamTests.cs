using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class TextStreamTests
{
    private static readonly Config _config = Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(20250101, 3);

    // GPT-2's first 256 tokens are single bytes: any cut of any bytes is a sequence of tokens.
    private static readonly int[] _byteTokens = MakeByteTokens();

    [Fact]
    public void BytesInAnyOrderGiveWhatDecodingAtOnceGives()
    {
        // Few distinct bytes, so that characters, broken characters and their parts all come up.
        Gen<byte[]> gen = Gen.Elements<byte>(0x20, 0x41, 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80, 0xFF, 0xED, 0xA0, 0xC0, 0xF4, 0x90).ArrayOf();
        Check.One(_config, Prop.ForAll(gen.ToArbitrary(), bytes =>
        {
            int[] tokens = [.. bytes.Select(value => _byteTokens[value])];
            var stream = new TextStream(Tokenizers.Gpt2, []);
            string text = string.Concat(tokens.Select(stream.Append)) + stream.Flush();
            return text == Encoding.UTF8.GetString(bytes) && text == Tokenizers.Gpt2.Decode(tokens);
        }));
    }

    [Fact]
    public void NoPartIsHalfACharacter()
    {
        var stream = new TextStream(Tokenizers.Gpt2, []);
        List<string> parts = [.. Encoding.UTF8.GetBytes("é€😀").Select(value => stream.Append(_byteTokens[value]))];
        Assert.Equal(["", "é", "", "", "€", "", "", "", "😀"], parts);
        Assert.Equal("", stream.Flush());
    }

    [Fact]
    public void UnfinishedCharacterWaitsForTheEndAndAnImpossibleOneDoesNot()
    {
        var stream = new TextStream(Tokenizers.Gpt2, []);
        Assert.Equal("", stream.Append(_byteTokens[0xE2]));
        Assert.Equal("", stream.Append(_byteTokens[0x82]));
        Assert.Equal("\uFFFDA", stream.Append(_byteTokens['A']));
        Assert.Equal("\uFFFD", stream.Append(_byteTokens[0xFF]));
        Assert.Equal("", stream.Append(_byteTokens[0xF0]));
        Assert.Equal("\uFFFD", stream.Flush());
    }

    [Fact]
    public void StreamAddsExactlyWhatDecodingPromptAndOutputAdds()
    {
        const string Alphabet = "ab  c,.é😀\n";
        foreach (Tokenizer tokenizer in (Tokenizer[])[Tokenizers.Llama, Tokenizers.Stories, Tokenizers.TinyGguf, Tokenizers.TinyJson])
        {
            var random = new Random(11);
            for (int i = 0; i < 300; i++)
            {
                string text = string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
                int[] tokens = tokenizer.Encode(text);
                int cut = random.Next(tokens.Length + 1);

                // A prompt that ends inside a character decodes to a replacement that the whole text does not have.
                string prompt = tokenizer.Decode(tokens.AsSpan(0, cut));
                string whole = tokenizer.Decode(tokens);
                if (!whole.StartsWith(prompt, StringComparison.Ordinal) || prompt.EndsWith('\uFFFD'))
                    continue;

                var stream = new TextStream(tokenizer, [], tokens.AsSpan(0, cut));
                string output = string.Concat(tokens.Skip(cut).Select(stream.Append)) + stream.Flush();
                Assert.Equal(whole[prompt.Length..], output);
            }
        }
    }

    [Fact]
    public void GeneratedTextKeepsTheSpaceThatSeparatesItFromThePrompt()
    {
        int[] prompt = Tokenizers.Llama.Encode("Once upon a time");
        int[] output = Tokenizers.Llama.Encode("there was", addSpecial: false);
        var continued = new TextStream(Tokenizers.Llama, [], prompt);
        Assert.Equal(" there was", string.Concat(output.Select(continued.Append)));
        var started = new TextStream(Tokenizers.Llama, [], [1]);
        Assert.Equal("there was", string.Concat(output.Select(started.Append)));
    }

    [Fact]
    public void StopSequencesAreFoundAsInTheWholeText()
    {
        Gen<string> word = Gen.Choose(1, 6).SelectMany(n => Gen.Elements('a', 'b', 'c', '\u00E9').ArrayOf(n)).Select(w => new string(w));
        Gen<(string, string[])> gen =
            from text in Gen.Elements('a', 'b', 'c', '\u00E9').ArrayOf().Select(t => new string(t))
            from stops in Gen.Choose(1, 4).SelectMany(n => word.ArrayOf(n))
            select (text, stops);
        Check.One(_config, Prop.ForAll(gen.ToArbitrary(), pair =>
        {
            (string text, string[] stops) = pair;
            int first = stops.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();

            var stream = new TextStream(Tokenizers.Gpt2, stops);
            string output = string.Concat(Encoding.UTF8.GetBytes(text).Select(value => stream.Append(_byteTokens[value]))) + stream.Flush();
            bool found = stream.StopSequence is string stop && string.CompareOrdinal(text, first, stop, 0, stop.Length) == 0;
            return first < 0
                ? output == text && !stream.Stopped && stream.StopSequence is null
                : output == text[..first] && stream.Stopped && found;
        }));
    }

    [Fact]
    public void WhatIsFoundDoesNotDependOnTheCut()
    {
        var random = new Random(3);
        string[] stops = ["abcd", "bc", "\n\n", "\n\nUser:", "😀b"];
        const string Alphabet = "abcd\nUser: ";
        for (int i = 0; i < 2000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, 30).Select(_ => random.Next(12) == 0 ? "😀" : Alphabet[random.Next(Alphabet.Length)].ToString()));
            int[] tokens = Tokenizers.Gpt2.Encode(text);
            int[] bytes = [.. Encoding.UTF8.GetBytes(text).Select(value => _byteTokens[value])];
            var large = new TextStream(Tokenizers.Gpt2, stops);
            var small = new TextStream(Tokenizers.Gpt2, stops);
            Assert.Equal(string.Concat(tokens.Select(large.Append)) + large.Flush(), string.Concat(bytes.Select(small.Append)) + small.Flush());
            Assert.Equal(large.StopSequence, small.StopSequence);
        }
    }

    [Fact]
    public void OnlyWhatMayBecomeAStopSequenceIsHeldBack()
    {
        var stream = new TextStream(Tokenizers.Gpt2, ["stop", "to go"]);
        List<string> parts = [.. "a sto go".Select(c => stream.Append(_byteTokens[c]))];
        Assert.Equal(["a", " ", "", "", "", "s", "", ""], parts[..^1].Append(""));
        Assert.True(stream.Stopped);
        Assert.Equal("to go", stream.StopSequence);
        Assert.Equal("", stream.Append(_byteTokens['x']));
        Assert.Equal("", stream.Flush());
    }

    [Fact]
    public void AMatchWaitsWhileOneThatStartsBeforeItIsPossible()
    {
        var stream = new TextStream(Tokenizers.Gpt2, ["abcd", "bc"]);
        Assert.Equal("", string.Concat("abc".Select(c => stream.Append(_byteTokens[c]))));
        Assert.False(stream.Stopped);
        Assert.Equal("a", stream.Append(_byteTokens['x']));
        Assert.Equal("bc", stream.StopSequence);

        stream = new TextStream(Tokenizers.Gpt2, ["abcd", "bc"]);
        Assert.Equal("", string.Concat("abc".Select(c => stream.Append(_byteTokens[c]))));
        Assert.Equal("a", stream.Flush());
        Assert.Equal("bc", stream.StopSequence);
    }

    [Fact]
    public void LongStopSequencesOverRepetitiveTextStayLinear()
    {
        string stop = new string('a', 200_000) + "b";
        var stream = new TextStream(Tokenizers.Gpt2, [stop]);
        int length = 0;
        for (int i = 0; i < 500_000; i++)
            length += stream.Append(_byteTokens['a']).Length;
        Assert.Equal(300_000, length);
        Assert.Equal(200_000, stream.Flush().Length);
    }

    [Fact]
    public void MalformedStopSequencesAreRefused()
    {
        foreach (string stop in (string[])["", "\uD83D", "a\uDE00", "\uD83Da"])
            Assert.Throws<ArgumentException>(() => new TextStream(Tokenizers.Gpt2, ["fine", stop]));
    }

    [Fact]
    public void WholeTokensCostNoAllocation()
    {
        int[] tokens = Tokenizers.Gpt2.Encode("Once upon a time there was a little girl named Lily.");
        var stream = new TextStream(Tokenizers.Gpt2, []);
        foreach (int token in tokens)
            stream.Append(token);

        int length = 0;
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 250; i++)
            {
                foreach (int token in tokens)
                    length += stream.Append(token).Length;
            }
        }));
        Assert.Equal(52_000, length);
    }

    [Fact]
    public void IdsOutsideTheVocabularyAndControlTokensHaveNoText()
    {
        var stream = new TextStream(Tokenizers.Llama, []);
        Assert.Equal("", stream.Append(1) + stream.Append(-1) + stream.Append(int.MaxValue) + stream.Append(2) + stream.Flush());
        Assert.Equal("", Tokenizers.Llama.Decode([1, -1, int.MaxValue, 2]));
    }

    private static int[] MakeByteTokens()
    {
        int[] tokens = new int[256];
        for (int i = 0; i < Tokenizers.Gpt2.VocabularySize; i++)
        {
            if (Tokenizers.Gpt2.TokenBytes(i) is [byte value])
                tokens[value] = i;
        }

        return tokens;
    }
}
