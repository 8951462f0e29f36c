using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Peers;

/// <summary>What is used of llama.cpp's library: the prebuilt one for CPUs of the npm package node-llama-cpp 3.22.1.</summary>
/// <remarks>The structures are those of that version's llama.h; defaults that do not make sense mean another version and are refused.</remarks>
internal static unsafe class LlamaLibrary
{
    public const string HowToInstall = "npm install --prefix /tmp/peers --ignore-scripts node-llama-cpp@3.22.1, then give /tmp/peers/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64";

    private static readonly Lock _lock = new();
    private static bool _loaded;

    /// <summary>Loads the library and the code for this processor, once in a process.</summary>
    /// <param name="folder">Where the library's files are.</param>
    /// <exception cref="PeerException">They are not there, cannot be loaded, or are of another version.</exception>
    public static void Load(string folder)
    {
        lock (_lock)
        {
            if (_loaded)
                return;
            foreach (string name in (string[])["llama", "ggml"])
                _ = Find(folder, name);
            NativeLibrary.SetDllImportResolver(typeof(LlamaLibrary).Assembly, (name, _, _) =>
                name is "llama" or "ggml" ? NativeLibrary.Load(Find(folder, name)) : 0);
            try
            {
                LogSet(&KeepErrors, null);
                LoadBackends(folder);
                BackendInit();
                if (DefaultContextParameters() is not { Context: 512, Batch: 2048, MicroBatch: 512 })
                    throw new PeerException($"The library in {folder} is of another version: its structures differ. Install: {HowToInstall}.");
            }
            catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
            {
                throw new PeerException($"llama.cpp cannot be loaded from {folder}: {error.Message}");
            }

            _loaded = true;
        }
    }

    private static string Find(string folder, string name)
    {
        string[] files = Directory.Exists(folder) ? [.. Directory.GetFiles(folder, $"lib{name}.v*.so"), .. Directory.GetFiles(folder, $"lib{name}.so")] : [];
        return files.FirstOrDefault() ?? throw new PeerException($"There is no lib{name}.so in '{folder}'. Install: {HowToInstall}.");
    }

    private static string _error = "";

    /// <summary>What the library called an error first since this was last asked for: later ones only say what failed because of it.</summary>
    public static string TakeError() => Interlocked.Exchange(ref _error, "");

    // Everything else that it has to say is dropped.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void KeepErrors(int level, byte* text, void* state)
    {
        const int Error = 4;
        if (level == Error && _error.Length == 0)
            _error = Marshal.PtrToStringUTF8((nint)text)!.Trim();
    }

    [DllImport("ggml", EntryPoint = "ggml_backend_load_all_from_path")]
    private static extern void LoadBackends([MarshalAs(UnmanagedType.LPUTF8Str)] string folder);

    [DllImport("llama", EntryPoint = "llama_backend_init")]
    private static extern void BackendInit();

    [DllImport("llama", EntryPoint = "llama_log_set")]
    private static extern void LogSet(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* state);

    [DllImport("llama", EntryPoint = "llama_model_default_params")]
    public static extern ModelParameters DefaultModelParameters();

    [DllImport("llama", EntryPoint = "llama_context_default_params")]
    public static extern ContextParameters DefaultContextParameters();

    [DllImport("llama", EntryPoint = "llama_model_load_from_file")]
    public static extern nint LoadModel([MarshalAs(UnmanagedType.LPUTF8Str)] string path, ModelParameters parameters);

    [DllImport("llama", EntryPoint = "llama_init_from_model")]
    public static extern nint CreateContext(nint model, ContextParameters parameters);

    [DllImport("llama", EntryPoint = "llama_get_memory")]
    public static extern nint GetMemory(nint context);

    [DllImport("llama", EntryPoint = "llama_memory_clear")]
    public static extern void ClearMemory(nint memory, byte data);

    /// <summary>Forgets the positions of a stream from one on.</summary>
    [DllImport("llama", EntryPoint = "llama_memory_seq_rm")]
    public static extern byte RemovePositions(nint memory, int stream, int first, int end);

    [DllImport("llama", EntryPoint = "llama_decode")]
    public static extern int Decode(nint context, Batch batch);

    [DllImport("llama", EntryPoint = "llama_get_logits_ith")]
    public static extern float* GetLogits(nint context, int row);

    [DllImport("llama", EntryPoint = "llama_free")]
    public static extern void FreeContext(nint context);

    [DllImport("llama", EntryPoint = "llama_model_free")]
    public static extern void FreeModel(nint model);

    [StructLayout(LayoutKind.Sequential)]
    public struct ModelParameters
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
    public struct ContextParameters
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
    public struct Batch
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
