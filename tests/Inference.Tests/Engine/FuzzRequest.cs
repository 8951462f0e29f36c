using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Inference.Tests.Engine;

/// <summary>A request of a fuzz run: what it was made of once it ran, and the bits of every row of logits it saw.</summary>
internal sealed class FuzzRequest
{
    private readonly Dictionary<int, UInt128> _rows = [];

    public FuzzRequest(GenerationOptions options) => Options = options with { LogitsObserver = Record };

    public GenerationOptions Options { get; }

    /// <summary>Its prompt; of a fork, all tokens before the fork.</summary>
    public int[] Prompt { get; private set; } = [];

    public GenerationResult? Result { get; private set; }

    /// <summary>Logits that it saw, in elements.</summary>
    public long Logits { get; private set; }

    public int Rows => _rows.Count;

    /// <summary>A computation that was preempted and done again sees some positions twice; they must agree then and there.</summary>
    public bool Contradicted { get; private set; }

    public void Began(Generation generation) => Prompt = [.. generation.PromptTokens];

    public async Task EndsAsync(Generation generation) => Result = await generation.Completion;

    /// <summary>Runs the same request by itself.</summary>
    public async Task<FuzzRequest> RepeatAsync(InferenceEngine engine)
    {
        var again = new FuzzRequest(Options with { Coalesce = false });
        Generation generation = engine.Submit(Prompt, again.Options);
        again.Began(generation);
        await again.EndsAsync(generation);
        return again;
    }

    /// <summary>What is not as it was alone, or null. Who left early saw the beginning.</summary>
    public string? DifferenceFrom(FuzzRequest alone)
    {
        if (Contradicted)
            return "saw two different rows at one position";
        bool whole = Result!.FinishReason != FinishReason.Cancelled;
        if (whole ? !Result.Tokens.SequenceEqual(alone.Result!.Tokens) : !Result.Tokens.SequenceEqual(alone.Result!.Tokens.Take(Result.Tokens.Count)))
            return "has other tokens";
        if (whole && (_rows.Count != alone._rows.Count || Result.FinishReason != alone.Result!.FinishReason))
            return "has another end";
        foreach ((int position, UInt128 hash) in _rows)
        {
            if (!alone._rows.TryGetValue(position, out UInt128 expected) || expected != hash)
                return $"has other logits at position {position}";
        }

        return null;
    }

    private void Record(int position, ReadOnlySpan<float> row)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(row), hash);
        UInt128 bits = MemoryMarshal.Read<UInt128>(hash);
        if (!_rows.TryAdd(position, bits) && _rows[position] != bits)
            Contradicted = true;
        Logits += row.Length;
    }
}
