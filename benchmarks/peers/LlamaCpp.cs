using System.Diagnostics;
using System.Numerics.Tensors;

namespace Inference.Peers;

/// <summary>llama.cpp, through its library.</summary>
internal sealed unsafe class LlamaCpp : IContestant
{
    private const int PieceTokens = 512;
    private readonly nint _model;
    private readonly nint _context;
    private readonly int _vocabulary;
    private readonly Random _random = new(1);
    private int _held;

    private LlamaCpp(nint model, nint context, int vocabulary)
    {
        _model = model;
        _context = context;
        _vocabulary = vocabulary;
    }

    public string Name => "llama.cpp";

    /// <summary>Loads a model.</summary>
    /// <param name="folder">The library's.</param>
    /// <param name="model">A GGUF file.</param>
    /// <param name="threads">Threads, for prompts and for decoding.</param>
    /// <param name="streams">The most streams.</param>
    /// <param name="cacheTokens">Tokens of all streams together.</param>
    /// <param name="vocabulary">Tokens of the vocabulary.</param>
    /// <exception cref="PeerException">The library or the model cannot be loaded.</exception>
    public static LlamaCpp Load(string folder, string model, int threads, int streams, int cacheTokens, int vocabulary)
    {
        LlamaLibrary.Load(folder);
        nint loaded = LlamaLibrary.LoadModel(model, LlamaLibrary.DefaultModelParameters());
        if (loaded == 0)
            throw new PeerException($"llama.cpp cannot load {model}.");
        LlamaLibrary.ContextParameters parameters = LlamaLibrary.DefaultContextParameters();
        parameters.Context = (uint)cacheTokens;
        parameters.Streams = (uint)streams;
        parameters.Threads = parameters.BatchThreads = threads;
        parameters.UnifiedCache = 1;
        nint context = LlamaLibrary.CreateContext(loaded, parameters);
        if (context != 0)
            return new LlamaCpp(loaded, context, vocabulary);
        LlamaLibrary.FreeModel(loaded);
        throw new PeerException($"llama.cpp cannot make a context of {cacheTokens} tokens for {model}.");
    }

    public Task<double> ReadPromptAsync(int[] tokens)
    {
        Clear();
        long start = Stopwatch.GetTimestamp();
        Read(tokens, 0);
        return Task.FromResult(tokens.Length / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    public Task<double> DecodeAsync(int streams, int context, int steps)
    {
        HoldContexts(streams, context);
        int[] tokens = new int[streams];
        int[] positions = new int[streams];
        long start = Stopwatch.GetTimestamp();
        for (int step = 0; step < steps; step++)
        {
            for (int stream = 0; stream < streams; stream++)
            {
                tokens[stream] = step == 0 ? stream : ArgMax(stream);
                positions[stream] = context + step;
            }

            Decode(tokens, positions, stream => stream, _ => true);
        }

        _ = ArgMax(0);
        return Task.FromResult(streams * steps / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    public ValueTask DisposeAsync()
    {
        LlamaLibrary.FreeContext(_context);
        LlamaLibrary.FreeModel(_model);
        return ValueTask.CompletedTask;
    }

    // A long context takes minutes to read: it is read once and what was decoded after it is forgotten.
    private void HoldContexts(int streams, int context)
    {
        nint memory = LlamaLibrary.GetMemory(_context);
        if (streams == 1 && _held == context && LlamaLibrary.RemovePositions(memory, 0, context, -1) != 0)
            return;
        Clear();
        for (int stream = 0; stream < streams; stream++)
            Read(Enumerable.Range(0, context).Select(_ => _random.Next(_vocabulary)).ToArray(), stream);
        _held = streams == 1 ? context : 0;
    }

    private void Clear()
    {
        LlamaLibrary.ClearMemory(LlamaLibrary.GetMemory(_context), 0);
        _held = 0;
    }

    private void Read(int[] tokens, int stream)
    {
        for (int first = 0; first < tokens.Length; first += PieceTokens)
        {
            int[] piece = tokens[first..Math.Min(tokens.Length, first + PieceTokens)];
            bool last = first + piece.Length == tokens.Length;
            Decode(piece, Enumerable.Range(first, piece.Length).ToArray(), _ => stream, i => last && i == piece.Length - 1);
        }

        _ = ArgMax(-1);
    }

    private void Decode(int[] tokens, int[] positions, Func<int, int> stream, Func<int, bool> wantsLogits)
    {
        int count = tokens.Length;
        int* streams = stackalloc int[count];
        int** streamLists = stackalloc int*[count];
        int* streamCounts = stackalloc int[count];
        byte* logits = stackalloc byte[count];
        for (int i = 0; i < count; i++)
        {
            streams[i] = stream(i);
            streamLists[i] = streams + i;
            streamCounts[i] = 1;
            logits[i] = wantsLogits(i) ? (byte)1 : (byte)0;
        }

        fixed (int* tokenPointer = tokens, positionPointer = positions)
        {
            var batch = new LlamaLibrary.Batch { Count = count, Tokens = tokenPointer, Positions = positionPointer, StreamCounts = streamCounts, Streams = streamLists, Logits = logits };
            if (LlamaLibrary.Decode(_context, batch) != 0)
                throw new PeerException("llama.cpp could not decode.");
        }
    }

    /// <summary>The greedy choice of a row, as an application takes it from the library.</summary>
    private int ArgMax(int row) =>
        TensorPrimitives.IndexOfMax(new ReadOnlySpan<float>(LlamaLibrary.GetLogits(_context, row), _vocabulary));
}
