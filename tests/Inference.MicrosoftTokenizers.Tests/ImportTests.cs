using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Inference.Tokenization;
using Microsoft.ML.Tokenizers;
using TestData = Inference.Tests.TestData;
using MicrosoftTokenizer = Microsoft.ML.Tokenizers.Tokenizer;
using Tokenizer = Inference.Tokenization.Tokenizer;

namespace Inference.MicrosoftTokenizers.Tests;

public sealed class ImportTests
{
    private static readonly Config _config = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20261123, 5);

    private static readonly string[] _parts =
        ["a", "The", " quick", " brown", "n't", " ", "  ", "\n", "12", "345", "é", "世界", "😀", "\U0010FFFF", "\u0378", "<", "|", "/s", ">", "<s>", "</s>", Pairs.EndOfText, ".", ""];

    public static TheoryData<string> Names => [.. Pairs.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_token_has_the_bytes_that_it_has_here(string name)
    {
        (Tokenizer own, MicrosoftTokenizer other) = Pairs.Get(name);
        Tokenizer imported = other.AsInferenceTokenizer();
        // A CodeGenTokenizer has tokens of its own for runs of spaces.
        Assert.Equal(own.VocabularySize + (name == "CodeGen" ? 38 : 0), imported.VocabularySize);
        for (int id = 0; id < own.VocabularySize; id++)
        {
            if (own.IsSpecial(id))
                Assert.True(imported.IsSpecial(id), $"token {id}");
            else if (own.TokenBytes(id).IndexOfAnyInRange((byte)0xF5, (byte)0xFF) >= 0 || own.TokenBytes(id).IndexOfAny((byte)0xC0, (byte)0xC1) >= 0)
                Assert.True("\uFFFD"u8.SequenceEqual(imported.TokenBytes(id)));
            else
                Assert.True(own.TokenBytes(id).SequenceEqual(imported.TokenBytes(id)), $"token {id}: {Convert.ToHexString(own.TokenBytes(id))}, found {Convert.ToHexString(imported.TokenBytes(id))}");
        }

        Assert.Equal(name is "Llama" or "Stories" ? 1 : null, imported.AddsBeginOfText ? imported.BeginOfText : null);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Texts_are_encoded_as_the_other_library_does_and_decoded_again(string name)
    {
        (Tokenizer own, MicrosoftTokenizer other) = Pairs.Get(name);
        Tokenizer imported = other.AsInferenceTokenizer();
        Check.One(_config, Prop.ForAll(Gen.Elements(_parts).ListOf().ToArbitrary(), parts =>
        {
            string text = string.Concat(parts);
            int[] tokens = imported.Encode(text);
            bool spells = text.Contains(Pairs.EndOfText, StringComparison.Ordinal) || text.Contains("s>", StringComparison.Ordinal);
            return imported.Decode(tokens) == text
                && (imported.AddsBeginOfText ? tokens[1..] : tokens).All(token => !imported.IsSpecial(token))
                && (spells || text.Length == 0 || tokens.SequenceEqual(other.EncodeToIds(text)));
        }));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Control_tokens_come_from_where_they_are_parsed_alone(string name)
    {
        (Tokenizer own, MicrosoftTokenizer other) = Pairs.Get(name);
        Tokenizer imported = other.AsInferenceTokenizer(new() { Model = own });
        int end = imported.EndOfText!.Value;
        string mark = imported.TokenText(end)!;
        int[] parsed = imported.Encode("Hello" + mark + " world", addSpecial: false, parseSpecial: true);
        Assert.Single(parsed, end);
        Assert.Equal("Hello" + mark + " world", imported.Decode(parsed, includeSpecial: true));
        // SentencePiece in GGUF files puts a space after every control token.
        if (name is not ("Llama" or "Stories"))
            Assert.Equal(own.Encode("Hello" + mark + " world", addSpecial: false, parseSpecial: true), parsed);
        Assert.Equal(own.Encode(mark + "Hello", addSpecial: false, parseSpecial: true), imported.Encode(mark + "Hello", addSpecial: false, parseSpecial: true));
        int[] text = imported.Encode("Hello" + mark + " world" + mark, addSpecial: false);
        Assert.DoesNotContain(end, text);
        Assert.Equal("Hello" + mark + " world" + mark, imported.Decode(text));
        Assert.Contains(end, imported.EndOfGeneration);
    }

    [Fact]
    public void What_the_other_library_parses_in_any_text_is_cut_here()
    {
        (_, MicrosoftTokenizer other) = Pairs.Get("Tiktoken");
        Assert.Contains(50256, other.EncodeToIds("a" + Pairs.EndOfText));
        Assert.DoesNotContain(50256, other.AsInferenceTokenizer().Encode("a" + Pairs.EndOfText));
    }

    [Fact]
    public void Words_of_WordPiece_are_put_together_with_spaces()
    {
        Tokenizer imported = Pairs.Bert().AsInferenceTokenizer();
        Assert.Equal(14, imported.VocabularySize);
        int[] tokens = imported.Encode("once upon times", addSpecial: false);
        Assert.Equal([6, 7, 8, 9], tokens);
        Assert.Equal("once upon times", imported.Decode(tokens));
        Assert.Equal("[UNK]", imported.TokenText(imported.Encode("zzz", addSpecial: false)[0]));
        Assert.True(imported.IsSpecial(2));
        int[] marked = imported.Encode("[SEP]", addSpecial: false);
        Assert.DoesNotContain(3, marked);
    }

    [Fact]
    public async Task An_engine_generates_the_same_tokens_and_text_through_the_other_library()
    {
        (Tokenizer own, MicrosoftTokenizer other) = Pairs.Get("Stories");
        foreach (InferenceTokenizerOptions? options in (InferenceTokenizerOptions?[])[null, new() { Model = own }])
        {
            await using InferenceEngine expected = await InferenceEngine.LoadAsync(TestData.Stories260K, new() { Threads = 1 });
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new() { Threads = 1, Tokenizer = other.AsInferenceTokenizer(options) });
            foreach (string prompt in (string[])["Once upon a time", "Zoë said: 😀", "<s>Tom"])
            {
                GenerationResult a = await expected.Submit(prompt, new() { MaxOutputTokens = 60, StopSequences = ["Lily went"] }).Completion;
                GenerationResult b = await engine.Submit(prompt, new() { MaxOutputTokens = 60, StopSequences = ["Lily went"] }).Completion;
                Assert.Equal(a.Tokens, b.Tokens);
                Assert.Equal(a.Text, b.Text);
                Assert.Equal(a.FinishReason, b.FinishReason);
            }
        }
    }

    [Fact]
    public async Task A_vocabulary_that_is_too_large_for_the_model_is_refused()
    {
        Tokenizer imported = Pairs.Get("Llama").Other.AsInferenceTokenizer();
        TokenizerMismatchException error = await Assert.ThrowsAsync<TokenizerMismatchException>(
            () => InferenceEngine.LoadAsync(TestData.Stories260K, new() { Threads = 1, Tokenizer = imported }));
        Assert.Equal((32000, 512), (error.Tokens, error.Rows));
    }

    [Fact]
    public void What_is_not_known_is_asked_for_by_name()
    {
        MicrosoftTokenizer unknown = new Letters();
        Assert.Contains("VocabularySize", Assert.Throws<ArgumentException>(() => unknown.AsInferenceTokenizer()).Message, StringComparison.Ordinal);
        Tokenizer imported = unknown.AsInferenceTokenizer(new() { VocabularySize = 26, ControlTokens = new Dictionary<string, int> { ["z"] = 25 } });
        Assert.Equal([0, 1, 2], imported.Encode("abc"));
        Assert.Equal("abc", imported.Decode([0, 1, 2]));
        Assert.Throws<TokenizerException>(() => imported.Encode("z"));
        Assert.Throws<ArgumentException>(() => unknown.AsInferenceTokenizer(new() { VocabularySize = 26, ControlTokens = new Dictionary<string, int> { ["z"] = 26 } }));
        Assert.Throws<ArgumentException>(() => unknown.AsInferenceTokenizer(new() { VocabularySize = 26, AddsBeginOfText = true }));
        Assert.Throws<ArgumentNullException>(() => ((MicrosoftTokenizer)null!).AsInferenceTokenizer());
    }

    [Fact]
    public void What_went_out_comes_back_as_it_was() => Assert.Same(Pairs.Gpt2, Pairs.Gpt2.AsMicrosoftTokenizer().AsInferenceTokenizer());

    /// <summary>A tokenizer that nobody knows: a token a letter.</summary>
    private sealed class Letters : MicrosoftTokenizer
    {
        protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
        {
            string whole = text ?? textSpan.ToString();
            EncodedToken[] tokens = [.. whole.Select((letter, i) => (Id: letter - 'a', Letter: letter, At: i)).Where(t => t.Id is >= 0 and < 26).Select(t => new EncodedToken(t.Id, t.Letter.ToString(), t.At..(t.At + 1)))];
            return new() { Tokens = tokens, CharsConsumed = whole.Length };
        }

        public override System.Buffers.OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
        {
            (idsConsumed, charsWritten) = (0, 0);
            foreach (int id in ids)
            {
                if (charsWritten == destination.Length)
                    return System.Buffers.OperationStatus.DestinationTooSmall;
                destination[charsWritten++] = (char)('a' + id);
                idsConsumed++;
            }

            return System.Buffers.OperationStatus.Done;
        }
    }
}
