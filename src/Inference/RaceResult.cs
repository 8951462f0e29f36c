namespace Inference;

/// <summary>A race that is over.</summary>
/// <param name="WinnerIndex">The contender that was accepted; -1 if none was.</param>
/// <param name="Outcomes">How each contender ended, in the order in which they were given. Losers were cancelled or had ended by themselves.</param>
public sealed record RaceResult(int WinnerIndex, IReadOnlyList<GenerationOutcome> Outcomes)
{
    /// <summary>The result of the contender that was accepted; null if none was.</summary>
    public GenerationResult? Winner => WinnerIndex < 0 ? null : Outcomes[WinnerIndex].Result;
}
