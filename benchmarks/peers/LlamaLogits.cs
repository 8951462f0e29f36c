namespace Inference.Peers;

/// <summary>A model on llama.cpp, for its logits.</summary>
internal sealed unsafe class LlamaLogits : IDisposable
{
    private readonly nint _model;
    private readonly nint _context;
    private readonly int _vocabulary;

    private LlamaLogits(nint model, nint context, int vocabulary)
    {
        _model = model;
        _context = context;
        _vocabulary = vocabulary;
    }

    /// <summary>Loads a model.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <param name="contextTokens">Tokens of the context.</param>
    /// <param name="vocabulary">Tokens of the vocabulary.</param>
    /// <param name="halfCache">Keys and values in 16-bit floats.</param>
    /// <exception cref="PeerException">The model cannot be loaded.</exception>
    public static LlamaLogits Load(string path, uint contextTokens, int vocabulary, bool halfCache)
    {
        LlamaLibrary.ModelParameters modelParameters = LlamaLibrary.DefaultModelParameters();
        nint model = LlamaLibrary.LoadModel(path, modelParameters);
        if (model == 0)
            throw new PeerException($"llama.cpp does not load it: {LlamaLibrary.TakeError()}");
        LlamaLibrary.ContextParameters parameters = LlamaLibrary.DefaultContextParameters();
        parameters.Context = contextTokens;
        parameters.Threads = parameters.BatchThreads = 1;
        // ggml's numbers of types: 32-bit and 16-bit floats. Without flash attention, which has its own precision.
        parameters.KeyType = parameters.ValueType = halfCache ? 1 : 0;
        parameters.FlashAttention = 0;
        nint context = LlamaLibrary.CreateContext(model, parameters);
        if (context != 0)
            return new LlamaLogits(model, context, vocabulary);
        LlamaLibrary.FreeModel(model);
        throw new PeerException($"llama.cpp makes no context: {LlamaLibrary.TakeError()}");
    }

    /// <summary>Logits after the prompt and after each token behind it.</summary>
    public float[][] Compute(int[] tokens, int prompt)
    {
        var rows = new float[tokens.Length - prompt + 1][];
        rows[0] = Decode(tokens[..prompt], 0);
        for (int i = 1; i < rows.Length; i++)
            rows[i] = Decode([tokens[prompt + i - 1]], prompt + i - 1);
        return rows;
    }

    public void Dispose()
    {
        LlamaLibrary.FreeContext(_context);
        LlamaLibrary.FreeModel(_model);
    }

    private float[] Decode(int[] tokens, int first)
    {
        int count = tokens.Length;
        int stream = 0;
        int* positions = stackalloc int[count];
        int* streamCounts = stackalloc int[count];
        int** streams = stackalloc int*[count];
        byte* logits = stackalloc byte[count];
        for (int i = 0; i < count; i++)
        {
            (positions[i], streamCounts[i], logits[i]) = (first + i, 1, i == count - 1 ? (byte)1 : (byte)0);
            streams[i] = &stream;
        }

        fixed (int* tokenPointer = tokens)
        {
            if (LlamaLibrary.Decode(_context, new LlamaLibrary.Batch { Count = count, Tokens = tokenPointer, Positions = positions, StreamCounts = streamCounts, Streams = streams, Logits = logits }) != 0)
                throw new PeerException($"llama.cpp could not decode: {LlamaLibrary.TakeError()}");
        }

        return new ReadOnlySpan<float>(LlamaLibrary.GetLogits(_context, -1), _vocabulary).ToArray();
    }
}
