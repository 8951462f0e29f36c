namespace Inference.Simulation.Costs;

/// <summary>A device that is bound by arithmetic or by memory, whichever takes longer in a step, and loses a fixed time besides.</summary>
/// <remarks>Williams, Waterman, Patterson: Roofline (CACM 2009), applied to a step as a whole.</remarks>
/// <param name="Overhead">Seconds lost in every step: launches, planning, sampling.</param>
/// <param name="Token">Seconds of arithmetic for each token.</param>
/// <param name="Pair">Seconds of arithmetic for each position that a token attends to.</param>
/// <param name="Weights">Seconds to read all weights, once a step.</param>
/// <param name="Read">Seconds to read one position's keys and values.</param>
internal sealed record RooflineCost(double Overhead, double Token, double Pair, double Weights, double Read) : CostModel
{
    public override double Seconds(in StepWork work)
    {
        double arithmetic = (Token * work.Tokens) + (Pair * (work.PromptPairs + work.DecodeReads));
        double memory = Weights + (Read * (work.PromptReads + work.DecodeReads));
        return Overhead + Math.Max(arithmetic, memory);
    }
}
