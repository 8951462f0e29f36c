namespace Inference.Tokenization;

/// <summary>Encodes a text of which no part is a control token; called from any number of threads at the same time.</summary>
/// <param name="text">The text, not empty. It may spell control tokens, which are to be encoded as the text they are.</param>
/// <param name="startsText">Whether it starts a whole text, rather than following on a control token or another part: some vocabularies put a space before.</param>
/// <returns>The token ids, without any that begin or end a text.</returns>
public delegate IReadOnlyList<int> TextEncoder(string text, bool startsText);
