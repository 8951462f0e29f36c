namespace Inference;

/// <summary>A part of an answer, as it becomes certain.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">
/// Its text; empty where it is a tool call, and maybe on the last piece. The texts of one kind, joined, are all that the model said of that kind,
/// without the marks that part the kinds and the white space around those.
/// </param>
public readonly record struct ChatPiece(ChatPieceKind Kind, string Text)
{
    /// <summary>The call, where the piece is one.</summary>
    public ToolCall? ToolCall { get; init; }

    /// <summary>Set on the last piece: why the answer ended.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>From the submission of the request to the end of the step that computed the piece's last token, whenever it is read.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>
    /// Where <see cref="GenerationOptions.LogProbabilities"/> asked for probabilities: the tokens read since the piece before, those of marks included;
    /// those of all pieces, joined, are all tokens. Otherwise empty.
    /// </summary>
    /// <remarks>
    /// <see cref="GeneratedToken.Text"/> is a token's text as a plain generation streams it: marks that are special tokens have none, others do.
    /// Text that is held back as the possible start of a mark belongs to a later piece than it would otherwise, and so do its tokens.
    /// </remarks>
    public IReadOnlyList<GeneratedToken> Tokens { get => field ?? []; init; }
}
