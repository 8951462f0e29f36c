using System.Collections.Frozen;

namespace Inference.Tokenization;

/// <summary>What a model file says of its marks. Immutable.</summary>
/// <param name="BeginOfText">The token that starts a text, or null.</param>
/// <param name="EndOfText">The token that ends a text, or null.</param>
/// <param name="Prefix">Tokens that encoding puts in front when asked to add special tokens.</param>
/// <param name="Suffix">Tokens that it puts behind.</param>
/// <param name="EndOfGeneration">Tokens after which nothing more is generated.</param>
/// <param name="ChatTemplate">The template that turns messages into a prompt, or null.</param>
internal sealed record SpecialTokens(int? BeginOfText, int? EndOfText, int[] Prefix, int[] Suffix, FrozenSet<int> EndOfGeneration, string? ChatTemplate)
{
    /// <summary>The template for conversations with tools, or null where there is none of its own.</summary>
    public string? ToolChatTemplate { get; init; }
}
