namespace Inference.Tokenization;

/// <summary>What a name in <c>tokenizer.ggml.pre</c> stands for.</summary>
/// <param name="Patterns">Each cuts what those before it left: a match is a piece, and so is what lies between matches.</param>
internal sealed record GgufPreTokenizer(params string[] Patterns)
{
    /// <summary>Whether a piece that is a token as a whole becomes that token without merging.</summary>
    public bool TakesWholePieces { get; init; }

    /// <summary>Whether texts begin with the begin mark unless the file says otherwise.</summary>
    public bool AddsBegin { get; init; }

    /// <summary>Whether texts end with the separator unless the file says otherwise.</summary>
    public bool AddsSeparator { get; init; }

    /// <summary>Whether tokens are spelled as they are, with U+2581 for spaces, rather than in the byte-level alphabet.</summary>
    public bool IsRaw { get; init; }

    /// <summary>Whether white space only separates, and is no part of any token.</summary>
    public bool DropsSpace { get; init; }
}
