using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public sealed class DefinedTokenizerTests
{
    private static readonly Config _config = Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(20261123, 3);
    private static readonly string[] _parts = ["a", "The", " quick", "\n", "世界", "😀", "\uD83D", "<", "|", ">", "<|end", "oftext|>", "<|endoftext|>", "<|endoftext|>", ""];

    [Fact]
    public void Encodes_and_decodes_as_the_tokenizer_that_it_is_made_of()
    {
        Tokenizer own = Tokenizers.Gpt2;
        Tokenizer defined = Tokenizer.Create(Define(own, parseSpecial: false));
        Assert.Equal(own.VocabularySize, defined.VocabularySize);
        Assert.Equal(own.EndOfGeneration.Order(), defined.EndOfGeneration.Order());
        foreach (string text in (string[])["", "Once upon a time", "a<|endoftext|>b", "é世界😀 \uD83D"])
        {
            foreach (bool parse in (bool[])[false, true])
            {
                int[] tokens = own.Encode(text, addSpecial: true, parse);
                Assert.Equal(tokens, defined.Encode(text, addSpecial: true, parse));
                Assert.Equal(own.Decode(tokens), defined.Decode(tokens));
                Assert.Equal(own.Decode(tokens, includeSpecial: true), defined.Decode(tokens, includeSpecial: true));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Control_tokens_are_where_a_template_spells_them_even_if_the_encoder_parses_them_everywhere(bool encoderParses)
    {
        Tokenizer own = Tokenizers.Gpt2;
        Tokenizer defined = Tokenizer.Create(Define(own, encoderParses));
        Gen<TextSegment> segment = Gen.Elements(_parts).SelectMany(text => Gen.Elements(false, true).Select(parses => new TextSegment(text, parses)));
        Check.One(_config, Prop.ForAll(segment.ListOf().Select(list => list.ToArray()).ToArbitrary(), segments =>
        {
            int[] expected = own.Encode(segments, addSpecial: false);
            int[] tokens = defined.Encode(segments, addSpecial: false);
            return tokens.Count(own.IsSpecial) == expected.Count(own.IsSpecial)
                && own.Decode(tokens, includeSpecial: true) == own.Decode(expected, includeSpecial: true)
                && (encoderParses || tokens.SequenceEqual(expected));
        }));
    }

    [Fact]
    public void A_mark_inside_the_rest_of_a_cut_mark_is_cut_too()
    {
        Tokenizer defined = Tokenizer.Create(Spelling(["<", "a", ">", "!"], ["<<a>>", "<a>"]));
        int[] tokens = defined.Encode("!<<a>>!");
        Assert.Equal("!<<a>>!", defined.Decode(tokens));
        Assert.DoesNotContain(tokens, defined.IsSpecial);
        Assert.Equal([3, 4, 3], defined.Encode("!<<a>>!", parseSpecial: true));
    }

    [Fact]
    public void What_cannot_be_kept_from_becoming_a_control_token_is_an_error()
    {
        TokenizerDefinition oneCharacter = Spelling(["a"], ["§"]);
        Assert.Contains("§", Assert.Throws<TokenizerException>(() => Tokenizer.Create(oneCharacter).Encode("a§")).Message, StringComparison.Ordinal);
        // An encoder that folds case before it looks for marks.
        TokenizerDefinition folding = Spelling(["<", "s", ">", "S"], ["<s>"]);
        TextEncoder exact = folding.Encoder;
        folding = folding with { Encoder = (text, starts) => exact(text.ToLowerInvariant(), starts) };
        Assert.Throws<TokenizerException>(() => Tokenizer.Create(folding).Encode("<S>"));
        Assert.DoesNotContain(Tokenizer.Create(folding).Encode("<s>"), token => token == 4);
        TokenizerDefinition beyond = Spelling(["a"], []) with { Encoder = (_, _) => [1] };
        Assert.Contains("ids 0 to 0", Assert.Throws<TokenizerException>(() => Tokenizer.Create(beyond).Encode("a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contradictions_are_refused()
    {
        TokenizerDefinition good = Spelling(["a"], ["<s>"]);
        Assert.Throws<ArgumentException>(() => Tokenizer.Create(good with { BeginOfText = 2 }));
        Assert.Throws<ArgumentException>(() => Tokenizer.Create(good with { EndOfText = -1 }));
        Assert.Throws<ArgumentException>(() => Tokenizer.Create(good with { EndOfGeneration = [7] }));
        Assert.Throws<ArgumentException>(() => Tokenizer.Create(good with { AddsBeginOfText = true }));
        Assert.Throws<ArgumentException>(() => Tokenizer.Create(good with { AddsEndOfText = true }));
        Tokenizer both = Tokenizer.Create(good with { BeginOfText = 1, EndOfText = 1, AddsBeginOfText = true, AddsEndOfText = true });
        Assert.Equal([1, 0, 1], both.Encode("a"));
        Assert.Contains(1, both.EndOfGeneration);
    }

    [Fact]
    public void Only_the_start_of_a_text_is_told_to_the_encoder_as_one()
    {
        List<(string, bool)> calls = [];
        TokenizerDefinition definition = Spelling([" ", "a", "b"], ["<s>"]);
        TextEncoder spell = definition.Encoder;
        Tokenizer tokenizer = Tokenizer.Create(definition with
        {
            DropsFirstSpace = true,
            Encoder = (text, starts) =>
            {
                calls.Add((text, starts));
                return spell(starts ? " " + text : text, starts);
            },
        });
        int[] tokens = tokenizer.Encode("a<s>b", parseSpecial: true);
        Assert.Equal([0, 1, 3, 2], tokens);
        Assert.Equal([("a", true), ("b", false)], calls);
        Assert.Equal("a<s>b", tokenizer.Decode(tokens, includeSpecial: true));
        Assert.Equal([3, 0, 2, 3, 1], tokenizer.Encode("<s>b<s>a", parseSpecial: true));
    }

    [Fact]
    public async Task An_engine_generates_the_same_tokens_with_it()
    {
        await using InferenceEngine own = await InferenceEngine.LoadAsync(TestData.Path("models/TinyStories-656K"), new() { Threads = 1 });
        Tokenizer defined = Tokenizer.Create(Define(own.Tokenizer, parseSpecial: false));
        await using InferenceEngine other = await InferenceEngine.LoadAsync(TestData.Path("models/TinyStories-656K"), new() { Threads = 1, Tokenizer = defined });
        Assert.Same(defined, other.Tokenizer);
        GenerationResult expected = await own.Submit("Once upon a time", new() { MaxOutputTokens = 40 }).Completion;
        GenerationResult result = await other.Submit("Once upon a time", new() { MaxOutputTokens = 40 }).Completion;
        Assert.Equal(expected.Tokens, result.Tokens);
        Assert.Equal(expected.Text, result.Text);
    }

    [Fact]
    public async Task A_tokenizer_of_another_model_is_refused_with_the_numbers()
    {
        TokenizerMismatchException error = await Assert.ThrowsAsync<TokenizerMismatchException>(
            () => InferenceEngine.LoadAsync(TestData.Stories260K, new() { Threads = 1, Tokenizer = Tokenizers.Gpt2 }));
        Assert.Equal((50257, 512), (error.Tokens, error.Rows));
    }

    private static TokenizerDefinition Define(Tokenizer own, bool parseSpecial) => new()
    {
        Encoder = (text, _) => own.Encode(text, addSpecial: false, parseSpecial),
        Tokens = [.. Enumerable.Range(0, own.VocabularySize).Select(id => new TokenDefinition(own.TokenText(id), own.TokenBytes(id).ToArray(), own.IsSpecial(id) ? TokenRole.Control : TokenRole.Text))],
        BeginOfText = own.BeginOfText,
        EndOfText = own.EndOfText,
        EndOfGeneration = [.. own.EndOfGeneration],
        AddsBeginOfText = own.AddsBeginOfText,
        DropsFirstSpace = own.Vocabulary.Decoder.LeadingCount > 0,
        ChatTemplate = own.ChatTemplate,
    };

    /// <summary>One token a character, and an encoder that finds marks first, the longest that fits.</summary>
    private static TokenizerDefinition Spelling(string[] characters, string[] marks)
    {
        return new()
        {
            Tokens = [.. characters.Select(text => new TokenDefinition(text, Encoding.UTF8.GetBytes(text))), .. marks.Select(mark => new TokenDefinition(mark, default, TokenRole.Control))],
            Encoder = Encode,
        };

        List<int> Encode(string text, bool startsText)
        {
            List<int> tokens = [];
            for (int i = 0; i < text.Length;)
            {
                int mark = Array.FindIndex(marks, mark => text.AsSpan(i).StartsWith(mark, StringComparison.Ordinal));
                tokens.Add(mark >= 0 ? characters.Length + mark : Array.IndexOf(characters, text[i].ToString()));
                i += mark >= 0 ? marks[mark].Length : 1;
            }

            return tokens;
        }
    }
}
