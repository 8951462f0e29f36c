using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

/// <summary>Which tokens end a generation.</summary>
public sealed class EndOfGenerationTests
{
    [Fact]
    public void Declared_tokens_and_known_marks_do()
    {
        (string, TokenKind)[] tokens = [("</s>", TokenKind.Control), ("<|im_end|>", TokenKind.UserDefined), ("<|eot_id|>", TokenKind.Normal), ("<|eom_id|>", TokenKind.Control), ("mine", TokenKind.Normal)];
        Assert.Equal([0, 1, 3, 4], Find(tokens, 4));
    }

    [Fact]
    public void The_end_of_a_message_among_several_does_not()
    {
        (string, TokenKind)[] harmony = [("<|return|>", TokenKind.Control), ("<|end|>", TokenKind.Control), ("<|call|>", TokenKind.Control)];
        Assert.Equal([0, 2], Find(harmony, 1));
        Assert.Equal([0, 1], Find(harmony[..2], 1));
    }

    private static IEnumerable<int> Find((string Text, TokenKind Kind)[] tokens, params int[] declared)
    {
        var decoder = new TokenDecoder();
        return EndOfGeneration.Find(new Vocabulary([.. tokens.Select(token => token.Text)], [.. tokens.Select(token => token.Kind)], decoder), declared).Order();
    }
}
