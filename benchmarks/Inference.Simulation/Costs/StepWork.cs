using Inference.Scheduling;

namespace Inference.Simulation.Costs;

/// <summary>What one step asks of a device. A slice of one token counts as a decode row, a longer one as a piece of prompt.</summary>
/// <param name="PromptTokens">Tokens in pieces of prompt.</param>
/// <param name="DecodeRows">Slices of one token.</param>
/// <param name="PromptPairs">Over all tokens in pieces of prompt: the positions each one attends to, itself included.</param>
/// <param name="PromptReads">Over all pieces of prompt: the positions that the piece's last token attends to.</param>
/// <param name="DecodeReads">Over all decode rows: the positions it attends to, itself included.</param>
internal readonly record struct StepWork(int PromptTokens, int DecodeRows, long PromptPairs, long PromptReads, long DecodeReads)
{
    public int Tokens => PromptTokens + DecodeRows;

    public static StepWork Of(StepPlan plan)
    {
        StepWork work = default;
        foreach (PlannedSlice slice in plan.Slices)
            work = work.With(slice.Start, slice.Count);
        return work;
    }

    /// <summary>Adds consecutive tokens of one sequence.</summary>
    public StepWork With(int start, int count) => count == 1
        ? this with { DecodeRows = DecodeRows + 1, DecodeReads = DecodeReads + start + 1 }
        : this with
        {
            PromptTokens = PromptTokens + count,
            PromptPairs = PromptPairs + ((long)start * count) + ((long)count * (count + 1) / 2),
            PromptReads = PromptReads + start + count,
        };
}
