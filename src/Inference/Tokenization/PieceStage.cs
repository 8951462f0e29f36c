namespace Inference.Tokenization;

/// <summary>A step of cutting a text into pieces: each piece so far is rewritten, and cut.</summary>
/// <param name="Rewrites">What rewrites a piece, in order.</param>
/// <param name="Splitter">What cuts it; null where it stays whole.</param>
internal sealed record PieceStage(IReadOnlyList<Normalizer> Rewrites, PreTokenizer? Splitter);
