namespace Inference.Peers;

/// <summary>What is compared, and how often.</summary>
internal sealed record PeersSettings
{
    /// <summary>llama.cpp's library.</summary>
    public required string Library { get; init; }

    public required string[] Models { get; init; }

    public required int[] Threads { get; init; }

    /// <summary>Lengths of prompts to read.</summary>
    public required int[] Prompts { get; init; }

    /// <summary>Numbers of streams to decode at once.</summary>
    public required int[] Streams { get; init; }

    /// <summary>Tokens that a single stream has before it decodes, in one more measurement; 0 leaves it out.</summary>
    public required int Context { get; init; }

    /// <summary>Tokens that a single stream decodes; several decode half as many each.</summary>
    public required int Steps { get; init; }

    /// <summary>Rounds that count.</summary>
    public required int Rounds { get; init; }

    /// <summary>Processors that others may use in a round that counts.</summary>
    public required double Tolerance { get; init; }

    /// <summary>The command that is started to measure the time to the first token; null leaves it out.</summary>
    public required string? Command { get; init; }

    /// <summary>The most disturbed rounds of one kind of work that are run again.</summary>
    public int MostDiscarded => 2 * Rounds + 2;
}
