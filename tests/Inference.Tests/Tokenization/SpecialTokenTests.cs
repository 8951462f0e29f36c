using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class SpecialTokenTests
{
    [Fact]
    public void ControlTokensInTextAreTextUnlessAskedFor()
    {
        foreach (Tokenizer tokenizer in (Tokenizer[])[Tokenizers.Llama, Tokenizers.Stories, Tokenizers.TinyGguf, Tokenizers.TinyJson])
        {
            int end = tokenizer.EndOfGeneration.Min();
            string spelling = tokenizer.TokenText(end)!;
            Assert.DoesNotContain(end, tokenizer.Encode("a" + spelling + "b" + spelling));
            Assert.Equal(2, tokenizer.Encode("a" + spelling + "b" + spelling, parseSpecial: true).Count(id => id == end));
        }

        Assert.DoesNotContain(50256, Tokenizers.Gpt2.Encode("<|endoftext|>"));
        Assert.Equal([50256], Tokenizers.Gpt2.Encode("<|endoftext|>", parseSpecial: true));
    }

    [Fact]
    public void NothingInTextBecomesAControlToken()
    {
        // Score order alone would merge "</" and "s>" into the end of the text: it has the best score of all.
        var random = new Random(9);
        string[] parts = ["</s>", "<s>", "<", "/", "s", ">", "<unk>", "<0x0A>", "</", "s>", " ", "a"];
        for (int i = 0; i < 2000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, 6).Select(_ => parts[random.Next(parts.Length)]));
            Assert.All(Tokenizers.Llama.Encode(text, addSpecial: false), id => Assert.False(Tokenizers.Llama.IsSpecial(id)));
            Assert.Equal(text, Tokenizers.Llama.Decode(Tokenizers.Llama.Encode(text)));
        }
    }

    [Fact]
    public void MarksOfTheCommittedFiles()
    {
        Assert.Equal((1, true, 32000), (Tokenizers.Llama.BeginOfText, Tokenizers.Llama.AddsBeginOfText, Tokenizers.Llama.VocabularySize));
        Assert.Equal([2], Tokenizers.Llama.EndOfGeneration);
        Assert.Equal((50256, false, 50257), (Tokenizers.Gpt2.BeginOfText, Tokenizers.Gpt2.AddsBeginOfText, Tokenizers.Gpt2.VocabularySize));
        Assert.Equal([50256], Tokenizers.Gpt2.EndOfGeneration);
        Assert.Equal((1, true, 512), (Tokenizers.Stories.BeginOfText, Tokenizers.Stories.AddsBeginOfText, Tokenizers.Stories.VocabularySize));
        Assert.Equal([2], Tokenizers.Stories.EndOfGeneration);
        foreach (Tokenizer tiny in (Tokenizer[])[Tokenizers.TinyGguf, Tokenizers.TinyJson])
        {
            Assert.Equal((1, true, 2048), (tiny.BeginOfText, tiny.AddsBeginOfText, tiny.VocabularySize));
            Assert.Equal([2], tiny.EndOfGeneration);
            Assert.True(tiny.IsSpecial(0) && tiny.IsSpecial(1) && !tiny.IsSpecial(3));
            Assert.Equal([1], tiny.Encode(""));
            Assert.Empty(tiny.Encode("", addSpecial: false));
        }
    }

    [Fact]
    public void MarksOfTheSharedFiles()
    {
        Tokenizer llama = Tokenizers.Shared("tokenizers/llama3_1");
        Assert.Equal((128000, true), (llama.BeginOfText, llama.AddsBeginOfText));
        Assert.Equal([128001, 128009], llama.EndOfGeneration.Order());
        Assert.Contains("<|start_header_id|>", llama.ChatTemplate, StringComparison.Ordinal);
        Assert.Equal([128000, 9906], llama.Encode("Hello"));

        Tokenizer qwen = Tokenizers.Shared("tokenizers/qwen3");
        Assert.False(qwen.AddsBeginOfText);
        Assert.Equal([151643, 151645], qwen.EndOfGeneration.Order());
        Assert.Equal([151644, 872, 198], qwen.Encode("<|im_start|>user\n", parseSpecial: true));

        Tokenizer phi = Tokenizers.Shared("tokenizers/phi3-v");
        Assert.Contains(32007, phi.EndOfGeneration);
        Assert.Equal(32010, phi.Encode("<|user|>\nHi<|end|>", addSpecial: false, parseSpecial: true)[0]);
    }

    [Fact]
    public void SpecialTokensShowInTheirOwnSpellingWhenAskedFor()
    {
        int[] ids = Tokenizers.TinyJson.Encode("Once");
        Assert.Equal("Once", Tokenizers.TinyJson.Decode(ids));
        Assert.Equal("<|start_story|> Once<|end_story|>", Tokenizers.TinyJson.Decode([.. ids, 2], includeSpecial: true));
    }

    [Fact]
    public void TokensHaveBytesAndSpellings()
    {
        int newline = Tokenizers.Llama.Encode("\n", addSpecial: false)[^1];
        Assert.Equal("<0x0A>", Tokenizers.Llama.TokenText(newline));
        Assert.Equal([(byte)'\n'], Tokenizers.Llama.TokenBytes(newline).ToArray());
        int the = Tokenizers.Gpt2.Encode(" the")[0];
        Assert.Equal("\u0120the", Tokenizers.Gpt2.TokenText(the));
        Assert.Equal([.. " the"u8], Tokenizers.Gpt2.TokenBytes(the).ToArray());
        Assert.Null(Tokenizers.Gpt2.TokenText(50257));
    }

    [Fact]
    public void LoadingFindsTheTokenizerBesideTheWeights()
    {
        string weights = TestData.Path("models/TinyStories-656K/model.safetensors");
        Assert.Equal(Tokenizers.TinyJson.Encode("Hello"), Tokenizer.Load(weights).Encode("Hello"));
        Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(TestData.Path("models/reference")));
        Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(TestData.Path("models/nothing.gguf")));
        Assert.Throws<ModelFormatException>(() => Tokenizer.FromJson(TestData.Path("README.md")));
    }
}
