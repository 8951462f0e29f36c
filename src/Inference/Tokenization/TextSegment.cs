namespace Inference.Tokenization;

/// <summary>A part of a text that is encoded as one.</summary>
/// <param name="Text">The characters.</param>
/// <param name="ParsesSpecial">Whether control tokens spelled out in it become those tokens.</param>
internal readonly record struct TextSegment(string Text, bool ParsesSpecial);
