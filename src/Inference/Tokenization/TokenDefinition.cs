namespace Inference.Tokenization;

/// <summary>A token of a <see cref="TokenizerDefinition"/>.</summary>
/// <param name="Spelling">The vocabulary's own spelling; null for an id that the vocabulary leaves out. A control token is found in templates by it.</param>
/// <param name="Utf8">The bytes that it adds in the middle of a text, maybe not whole characters. Not read for roles other than <see cref="TokenRole.Text"/>.</param>
/// <param name="Role">What it is.</param>
public readonly record struct TokenDefinition(string? Spelling, ReadOnlyMemory<byte> Utf8, TokenRole Role = TokenRole.Text);
