namespace Inference.Tokenization;

/// <summary>What becomes of the matches that a text is split at, named as in tokenizer.json.</summary>
internal enum SplitBehavior
{
    /// <summary>They are dropped.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>Adjacent ones are one piece.</summary>
    Contiguous,

    /// <summary>They end the piece before.</summary>
    MergedWithPrevious,

    /// <summary>They start the piece after.</summary>
    MergedWithNext,
}
