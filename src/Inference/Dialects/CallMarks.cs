namespace Inference.Dialects;

/// <summary>How a family of models marks a call.</summary>
/// <param name="Open">What it begins with.</param>
/// <param name="Close">What it ends with; null where it ends with the answer.</param>
/// <param name="Shape">Reads what is between.</param>
internal sealed record CallMarks(string Open, string? Close, CallShape Shape)
{
    /// <summary>What a template that teaches these marks holds; the opening mark where null.</summary>
    public string? Sign { get; init; }

    /// <summary>Marks around several calls, which say nothing.</summary>
    public IReadOnlyList<string> Sections { get; init; } = [];

    /// <summary>Whether it also ends where another one begins.</summary>
    public bool EndsWithNext { get; init; }

    /// <summary>Whether <see cref="Open"/> is the text's own beginning and counts only where an answer or another call begins.</summary>
    public bool IsBare { get; init; }
}
