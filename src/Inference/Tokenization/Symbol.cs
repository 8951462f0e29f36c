namespace Inference.Tokenization;

/// <summary>A part of a piece while merging: a token, or a character that is none.</summary>
internal struct Symbol
{
    /// <summary>Its first byte in the piece.</summary>
    public int Start;

    /// <summary>Its length in bytes; 0 once merged into the symbol before.</summary>
    public int Length;

    /// <summary>The token, or -1.</summary>
    public int Id;

    /// <summary>Index of the symbol before, or -1.</summary>
    public int Previous;

    /// <summary>Index of the symbol after, or -1.</summary>
    public int Next;

    /// <summary>The token that it and the symbol after it would become, or -1.</summary>
    public int MergedId;

    /// <summary>The priority of that merge.</summary>
    public int Priority;
}
