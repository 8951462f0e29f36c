namespace Inference.Tokenization;

/// <summary>A stretch of a text's bytes.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Its length in bytes.</param>
internal readonly record struct TextPiece(int Start, int Length);
