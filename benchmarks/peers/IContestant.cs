namespace Inference.Peers;

/// <summary>An engine that does the work of the comparison.</summary>
internal interface IContestant : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Reads a prompt.</summary>
    /// <param name="tokens">Random ids, others in every call.</param>
    /// <returns>Prompt tokens a second.</returns>
    Task<double> ReadPromptAsync(int[] tokens);

    /// <summary>Decodes greedily in several streams at once.</summary>
    /// <param name="streams">How many.</param>
    /// <param name="context">Tokens each stream has before.</param>
    /// <param name="steps">Tokens each decodes.</param>
    /// <returns>Tokens a second over all streams.</returns>
    Task<double> DecodeAsync(int streams, int context, int steps);
}
