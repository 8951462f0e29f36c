namespace Inference.Cli.Benchmarking;

/// <summary>What every stream of a benchmark does.</summary>
/// <param name="PromptTokens">Length of each prompt.</param>
/// <param name="OutputTokens">Tokens that each stream decodes at least while all others do as well.</param>
/// <param name="LargestBatch">The most streams at once.</param>
internal sealed record Workload(int PromptTokens, int OutputTokens, int LargestBatch)
{
    private const int CacheBlock = 16;

    /// <summary>Tokens that the engine computes in a step.</summary>
    public int StepTokens { get; } = Math.Max(512, 2 * LargestBatch);

    /// <summary>What a stream generates at most: streams that start early decode while the prompts of the others are read, and go on until all have decoded enough.</summary>
    public int OutputLimit(int batch) => OutputTokens + (batch == 1 ? 0 : (int)(((long)batch * PromptTokens + StepTokens - batch - 1) / (StepTokens - batch)) + 1);

    /// <summary>An engine with room for the largest batch, and without the prefix cache: no prompt may be had for nothing.</summary>
    public EngineOptions EngineOptions(int? threads)
    {
        int length = (PromptTokens + OutputLimit(LargestBatch) + CacheBlock) / CacheBlock * CacheBlock;
        if ((long)length * LargestBatch > int.MaxValue)
            throw new UserErrorException($"{LargestBatch} streams of {length} tokens are more than a cache can hold.");
        return new EngineOptions
        {
            Threads = threads,
            ContextLength = length,
            MaxTokensPerStep = StepTokens,
            MaxSequences = LargestBatch,
            KvBlockSize = CacheBlock,
            KvCacheTokens = length * LargestBatch,
            PrefixCaching = false,
            // No reader may slow the engine down.
            StreamCapacity = length,
        };
    }

    /// <summary>A prompt of random tokens that no other stream or repeat has.</summary>
    public int[] Prompt(int vocabularySize, int seed)
    {
        Random random = new(seed);
        int[] tokens = new int[PromptTokens];
        for (int i = 0; i < tokens.Length; i++)
            tokens[i] = random.Next(vocabularySize);
        return tokens;
    }
}
