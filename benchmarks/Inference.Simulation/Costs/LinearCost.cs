namespace Inference.Simulation.Costs;

/// <summary>A sum of terms, each in seconds: what a fit to measured steps gives.</summary>
/// <param name="Step">For any step.</param>
/// <param name="PromptToken">For each token in a piece of prompt.</param>
/// <param name="DecodeRow">For each decode row.</param>
/// <param name="PromptPair">For each position that a token in a piece of prompt attends to.</param>
/// <param name="DecodeRead">For each position that a decode row attends to.</param>
internal sealed record LinearCost(double Step, double PromptToken, double DecodeRow, double PromptPair, double DecodeRead) : CostModel
{
    /// <summary>From its terms in order.</summary>
    /// <exception cref="ArgumentException">There are not five.</exception>
    public static LinearCost Of(ReadOnlySpan<double> terms) => terms.Length == 5
        ? new LinearCost(terms[0], terms[1], terms[2], terms[3], terms[4])
        : throw new ArgumentException($"A cost has five terms, not {terms.Length}.");

    public override double Seconds(in StepWork work) =>
        Step + (PromptToken * work.PromptTokens) + (DecodeRow * work.DecodeRows) + (PromptPair * work.PromptPairs) + (DecodeRead * work.DecodeReads);
}
