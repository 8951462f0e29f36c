namespace Inference.Tokenization;

/// <summary>The marks around a text that a kind of GGUF tokenizer has; the metadata may say otherwise of whether they are added.</summary>
/// <param name="Begin">The token that starts a text, or null.</param>
/// <param name="End">The token that ends a text, or null.</param>
/// <param name="AddsBegin">Whether encoding adds the first.</param>
/// <param name="AddsEnd">Whether it adds the second.</param>
/// <param name="Separator">The token that ends a part of a text, or null.</param>
/// <param name="AddsSeparator">Whether encoding adds it.</param>
internal sealed record GgufMarks(int? Begin, int? End, bool AddsBegin, bool AddsEnd = false, int? Separator = null, bool AddsSeparator = false);
