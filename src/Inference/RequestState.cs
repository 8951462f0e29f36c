using System.Text;
using Inference.Sampling;
using Inference.Tokenization;

namespace Inference;

/// <summary>What the engine's thread keeps of one request while it runs.</summary>
/// <param name="Prompt">The prompt's tokens.</param>
/// <param name="Options">As the caller gave them.</param>
/// <param name="Sampler">Draws its tokens.</param>
/// <param name="Text">Turns its tokens into text.</param>
/// <param name="Seed">The seed in use.</param>
/// <param name="Submitted">Time stamp of the submission.</param>
internal sealed record RequestState(int[] Prompt, GenerationOptions Options, Sampler Sampler, TextStream Text, ulong Seed, long Submitted)
{
    /// <summary>The output so far.</summary>
    public StringBuilder Output { get; } = new(256);

    /// <summary>Time stamps of the first and the latest token, or -1.</summary>
    public long FirstToken { get; set; } = -1;

    public long LastToken { get; set; } = -1;

    /// <summary>Whether it still occupies a place in the bounded queue.</summary>
    public bool HoldsQueuePlace { get; set; } = true;
}
