namespace Inference.Tokenization;

/// <summary>Encodes a text of which no part is a control token; called from any number of threads at the same time.</summary>
/// <param name="text">The text, not empty. It may spell control tokens, which are to be encoded as the text they are.</param>
/// <param name="startsText">Whether nothing but control tokens stands before it: some vocabularies put a space before a text.</param>
/// <returns>The token ids, without any that begin or end a text.</returns>
public delegate IReadOnlyList<int> TextEncoder(string text, bool startsText);
