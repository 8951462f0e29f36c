using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class WorldTests
{
    private static readonly Dictionary<string, object> _metadata = new()
    {
        ["model"] = "rwkv",
        ["tokens"] = new[] { "<s>", "a", "ab", "abc", "\\n", "\\x80", "\\xe4\\xb8", "\\\\", "\\t\\'", "b" },
        ["token_type"] = new[] { 3, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
    };

    [Fact]
    public void The_longest_token_goes_first()
    {
        Tokenizer tokenizer = GgufTokenizerTests.Read(_metadata);
        byte[] text = [.. "abcabaa\n\\\t'"u8, 0xE4, 0xB8, 0x80];
        Assert.Equal([3, 2, 1, 1, 4, 7, 8, 6, 5], tokenizer.Encode(text));
        Assert.Equal("abcabaa\n\\\t'一", tokenizer.Decode(tokenizer.Encode(text)));
        Assert.Equal([1], tokenizer.Encode("xa"));
    }

    [Theory]
    [InlineData("a\\")]
    [InlineData("\\x4")]
    [InlineData("\\xzz")]
    public void Escapes_that_are_cut_off_are_refused(string token)
    {
        Dictionary<string, object> metadata = new(_metadata) { ["tokens"] = new[] { "<s>", token, "ab", "abc", "c", "d", "e", "f", "g", "b" } };
        Assert.Equal("tokenizer.ggml.tokens[1]", Assert.Throws<ModelFormatException>(() => GgufTokenizerTests.Read(metadata)).Field);
    }
}
