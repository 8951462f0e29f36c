namespace Inference.Cli.Benchmarking;

/// <summary>What every stream of a benchmark does.</summary>
/// <param name="PromptTokens">Length of each prompt, after the context.</param>
/// <param name="OutputTokens">Tokens that each stream decodes at least while all others do as well.</param>
/// <param name="LargestBatch">The most streams at once.</param>
/// <param name="ContextTokens">What each stream has in the cache before its prompt is submitted.</param>
internal sealed record Workload(int PromptTokens, int OutputTokens, int LargestBatch, int ContextTokens = 0)
{
    private const int CacheBlock = 16;

    /// <summary>Tokens that the engine computes in a step.</summary>
    public int StepTokens { get; } = Math.Max(512, 2 * LargestBatch);

    /// <summary>What a stream generates at most: streams that start early decode while the prompts of the others are read, and go on until all have decoded enough.</summary>
    public int OutputLimit(int batch) => OutputTokens + (batch == 1 ? 0 : (int)(((long)batch * ComputedTokens + StepTokens - batch - 1) / (StepTokens - batch)) + 1);

    /// <summary>An engine with room for the largest batch. The prefix cache is on for contexts alone: no prompt may be had for nothing.</summary>
    public EngineOptions EngineOptions(int? threads)
    {
        long length = ((long)ContextTokens + PromptTokens + OutputLimit(LargestBatch) + CacheBlock) / CacheBlock * CacheBlock;
        if (length * LargestBatch > int.MaxValue)
            throw new UserErrorException($"{LargestBatch} streams of {length} tokens are more than a cache can hold.");
        return new EngineOptions
        {
            Threads = threads,
            ContextLength = (int)length,
            MaxTokensPerStep = StepTokens,
            MaxSequences = LargestBatch,
            KvBlockSize = CacheBlock,
            KvCacheTokens = (int)length * LargestBatch,
            PrefixCaching = ContextTokens > 0,
            // No reader may slow the engine down.
            StreamCapacity = (int)length,
        };
    }

    // The cache keeps whole blocks; what is left of the context is computed with the prompt.
    private int ComputedTokens => PromptTokens + ContextTokens % CacheBlock;

    /// <summary>The context of a stream: random tokens, the same in every repeat.</summary>
    public int[] Context(int vocabularySize, int stream) => Tokens(ContextTokens, vocabularySize, ~stream);

    /// <summary>A prompt of random tokens that no other stream or repeat has.</summary>
    public int[] Prompt(int vocabularySize, int seed) => Tokens(PromptTokens, vocabularySize, seed);

    private static int[] Tokens(int count, int vocabularySize, int seed)
    {
        Random random = new(seed);
        int[] tokens = new int[count];
        for (int i = 0; i < tokens.Length; i++)
            tokens[i] = random.Next(vocabularySize);
        return tokens;
    }
}
