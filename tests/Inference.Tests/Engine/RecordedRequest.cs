using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Inference.Tests.Engine;

/// <summary>A request with a record of every bit of every row of logits that its tokens were chosen from.</summary>
internal sealed class RecordedRequest
{
    private readonly SortedDictionary<int, string> _logits = [];

    public RecordedRequest(int[] prompt, GenerationOptions options)
    {
        Prompt = prompt;
        Options = options with { LogitsObserver = (position, row) => _logits[position] = Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(row))) };
    }

    public int[] Prompt { get; }

    public GenerationOptions Options { get; }

    /// <summary>Hash of the logits by position.</summary>
    public IReadOnlyDictionary<int, string> Logits => _logits;

    public GenerationResult? Result { get; private set; }

    public async Task RunAsync(InferenceEngine engine)
    {
        Generation generation = await engine.SubmitAsync(Prompt, Options);
        Result = await generation.Completion;
    }

    /// <summary>Runs it through its stream, whose tokens are what the result says.</summary>
    public async Task StreamAsync(InferenceEngine engine)
    {
        Generation generation = await engine.SubmitAsync(Prompt, Options);
        var tokens = new List<int>();
        await foreach (GeneratedToken token in generation)
            tokens.Add(token.Id);
        Result = await generation.Completion;
        Assert.Equal(Result.Tokens, tokens);
    }

    /// <summary>Asserts that two runs of the same request saw the same bits and gave the same tokens.</summary>
    public static void AssertSame(RecordedRequest alone, RecordedRequest together)
    {
        Assert.Equal(alone.Result!.Tokens, together.Result!.Tokens);
        Assert.Equal(alone.Result.Text, together.Result.Text);
        Assert.Equal(alone.Logits, together.Logits);
    }
}
