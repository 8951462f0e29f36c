using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Inference.Peers;

/// <summary>llama.cpp, through the prebuilt CPU library of the npm package node-llama-cpp 3.22.1.</summary>
/// <remarks>The structures are those of that version's llama.h; defaults that do not make sense mean another version and are refused.</remarks>
internal sealed unsafe class LlamaCpp : IContestant
{
    private const int MaxStreams = 64;
    private readonly nint _model;
    private readonly nint _context;
    private readonly int _vocabulary;
    private readonly Random _random = new(1);

    private LlamaCpp(nint model, nint context, int vocabulary)
    {
        _model = model;
        _context = context;
        _vocabulary = vocabulary;
    }

    public string Name => "llama.cpp";

    public static LlamaCpp Load(string folder, string model, int threads, int contextLength, int vocabulary)
    {
        NativeLibrary.SetDllImportResolver(typeof(LlamaCpp).Assembly, (name, _, _) =>
            NativeLibrary.Load(Directory.GetFiles(folder, $"lib{name}.v*.so").Append(Path.Combine(folder, $"lib{name}.so")).First(File.Exists)));
        LogSet(&Silence, null);
        LoadBackends(folder);
        BackendInit();
        ModelParameters modelParameters = DefaultModelParameters();
        nint loaded = LoadModel(model, modelParameters);
        ContextParameters parameters = DefaultContextParameters();
        if (parameters is not { Context: 512, Batch: 2048, MicroBatch: 512 } || loaded == 0)
            throw new NotSupportedException("This version of llama.cpp has other structures, or cannot load the model.");
        parameters.Context = (uint)Math.Max(contextLength, MaxStreams * 256);
        parameters.Streams = MaxStreams;
        parameters.Threads = parameters.BatchThreads = threads;
        parameters.UnifiedCache = 1;
        nint context = CreateContext(loaded, parameters);
        return context != 0 ? new LlamaCpp(loaded, context, vocabulary) : throw new InvalidOperationException("llama.cpp could not make a context.");
    }

    public Task<double> ReadPromptAsync(int[] tokens)
    {
        ClearMemory(GetMemory(_context), 0);
        long start = Stopwatch.GetTimestamp();
        Read(tokens, 0);
        return Task.FromResult(tokens.Length / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    public Task<double> DecodeAsync(int streams, int context, int steps)
    {
        ClearMemory(GetMemory(_context), 0);
        for (int stream = 0; stream < streams; stream++)
            Read(Enumerable.Range(0, context).Select(_ => _random.Next(_vocabulary)).ToArray(), stream);

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
        FreeContext(_context);
        FreeModel(_model);
        return ValueTask.CompletedTask;
    }

    private void Read(int[] tokens, int stream)
    {
        const int Piece = 512;
        for (int first = 0; first < tokens.Length; first += Piece)
        {
            int[] piece = tokens[first..Math.Min(tokens.Length, first + Piece)];
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
            var batch = new Batch { Count = count, Tokens = tokenPointer, Positions = positionPointer, StreamCounts = streamCounts, Streams = streamLists, Logits = logits };
            if (Decode(_context, batch) != 0)
                throw new InvalidOperationException("llama.cpp could not decode.");
        }
    }

    /// <summary>The greedy choice of a row, as an application takes it from the library.</summary>
    private int ArgMax(int row) =>
        System.Numerics.Tensors.TensorPrimitives.IndexOfMax(new ReadOnlySpan<float>(GetLogits(_context, row), _vocabulary));

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static void Silence(int level, byte* text, void* state)
    {
    }

    [DllImport("ggml", EntryPoint = "ggml_backend_load_all_from_path")]
    private static extern void LoadBackends([MarshalAs(UnmanagedType.LPUTF8Str)] string folder);

    [DllImport("llama", EntryPoint = "llama_backend_init")]
    private static extern void BackendInit();

    [DllImport("llama", EntryPoint = "llama_log_set")]
    private static extern void LogSet(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* state);

    [DllImport("llama", EntryPoint = "llama_model_default_params")]
    private static extern ModelParameters DefaultModelParameters();

    [DllImport("llama", EntryPoint = "llama_context_default_params")]
    private static extern ContextParameters DefaultContextParameters();

    [DllImport("llama", EntryPoint = "llama_model_load_from_file")]
    private static extern nint LoadModel([MarshalAs(UnmanagedType.LPUTF8Str)] string path, ModelParameters parameters);

    [DllImport("llama", EntryPoint = "llama_init_from_model")]
    private static extern nint CreateContext(nint model, ContextParameters parameters);

    [DllImport("llama", EntryPoint = "llama_get_memory")]
    private static extern nint GetMemory(nint context);

    [DllImport("llama", EntryPoint = "llama_memory_clear")]
    private static extern void ClearMemory(nint memory, byte data);

    [DllImport("llama", EntryPoint = "llama_decode")]
    private static extern int Decode(nint context, Batch batch);

    [DllImport("llama", EntryPoint = "llama_get_logits_ith")]
    private static extern float* GetLogits(nint context, int row);

    [DllImport("llama", EntryPoint = "llama_free")]
    private static extern void FreeContext(nint context);

    [DllImport("llama", EntryPoint = "llama_model_free")]
    private static extern void FreeModel(nint model);

    [StructLayout(LayoutKind.Sequential)]
    private struct ModelParameters
    {
        public nint Devices;
        public nint BufferTypes;
        public int GpuLayers;
        public int SplitMode;
        public int LoadMode;
        public int LazyMode;
        public int MainGpu;
        public nint TensorSplit;
        public nint Progress;
        public nint ProgressState;
        public nint Overrides;
        public byte VocabularyOnly;
        public byte CheckTensors;
        public byte UseExtraBuffers;
        public byte NoHost;
        public byte NoAllocation;
        public byte LoadMtp;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ContextParameters
    {
        public uint Context;
        public uint Batch;
        public uint MicroBatch;
        public uint Streams;
        public uint Snapshots;
        public uint Outputs;
        public uint OutputsPerStream;
        public int Threads;
        public int BatchThreads;
        public int ContextType;
        public int RopeScaling;
        public int Pooling;
        public int Attention;
        public int FlashAttention;
        public float RopeBase;
        public float RopeScale;
        public float YarnExtrapolation;
        public float YarnAttention;
        public float YarnBetaFast;
        public float YarnBetaSlow;
        public uint YarnContext;
        public float Defragmentation;
        public nint Evaluate;
        public nint EvaluateState;
        public int KeyType;
        public int ValueType;
        public nint Abort;
        public nint AbortState;
        public byte Embeddings;
        public byte OffloadCache;
        public byte NoPerformance;
        public byte OffloadOperations;
        public byte FullWindow;
        public byte UnifiedCache;
        public nint Samplers;
        public nint SamplerCount;
        public nint Other;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Batch
    {
        public int Count;
        public int* Tokens;
        public float* Embeddings;
        public int* Positions;
        public int* StreamCounts;
        public int** Streams;
        public byte* Logits;
    }
}
