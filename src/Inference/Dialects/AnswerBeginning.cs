namespace Inference.Dialects;

/// <summary>How a prompt begins the answer.</summary>
/// <param name="Reasoning">The marks of a reasoning that it has opened, or null.</param>
/// <param name="Reasoned">Whether it has closed a reasoning, so that the answer follows.</param>
internal readonly record struct AnswerBeginning(ReasoningMarks? Reasoning, bool Reasoned)
{
    /// <summary>What it holds of the header of the answer's first message, where there are channels.</summary>
    public string Header { get => field ?? ""; init; }
}
