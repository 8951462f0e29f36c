using System.Diagnostics;
using System.Globalization;

namespace Inference.Peers;

/// <summary>The child process that loads a model through llama.cpp, computes one token after a short prompt and ends.</summary>
/// <remarks>
/// A program in C would have no .NET runtime to start. So the child tells when it entered and left managed code and how long it spent inside
/// the library, and the parent leaves everything else out of llama.cpp's time.
/// </remarks>
internal static unsafe class LlamaStartup
{
    /// <summary>The first argument of the child.</summary>
    public const string Verb = "--first-token";

    /// <summary>The child.</summary>
    /// <param name="args">The verb, the library's folder, the model, the number of threads.</param>
    public static int Run(string[] args)
    {
        long entered = Stopwatch.GetTimestamp();
        int threads = int.Parse(args[3], CultureInfo.InvariantCulture);
        var inside = new Stopwatch();
        inside.Start();
        LlamaLibrary.Load(args[1]);
        nint model = LlamaLibrary.LoadModel(args[2], LlamaLibrary.DefaultModelParameters());
        if (model == 0)
            return Fail($"llama.cpp cannot load {args[2]}.");
        LlamaLibrary.ContextParameters parameters = LlamaLibrary.DefaultContextParameters();
        parameters.Threads = parameters.BatchThreads = threads;
        nint context = LlamaLibrary.CreateContext(model, parameters);
        if (context == 0)
            return Fail("llama.cpp cannot make a context.");
        inside.Stop();

        const int Count = 5;
        int* numbers = stackalloc int[3 * Count];
        int** streams = stackalloc int*[Count];
        byte* logits = stackalloc byte[Count];
        for (int i = 0; i < Count; i++)
        {
            (numbers[i], numbers[Count + i], numbers[2 * Count + i]) = (i + 1, i, 1);
            // All in stream 0, the number that position 0 is.
            streams[i] = numbers + Count;
            logits[i] = i == Count - 1 ? (byte)1 : (byte)0;
        }

        inside.Start();
        int status = LlamaLibrary.Decode(context, new LlamaLibrary.Batch { Count = Count, Tokens = numbers, Positions = numbers + Count, StreamCounts = numbers + 2 * Count, Streams = streams, Logits = logits });
        if (status != 0 || LlamaLibrary.GetLogits(context, -1) == null)
            return Fail("llama.cpp could not decode.");
        LlamaLibrary.FreeContext(context);
        LlamaLibrary.FreeModel(model);
        inside.Stop();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{entered} {inside.ElapsedTicks} {Stopwatch.GetTimestamp()}"));
        return 0;
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"error: {message}");
        return 1;
    }
}
