using System.Globalization;
using Inference;
using Inference.Peers;

// The same file on this library and on llama.cpp, in alternation, on the same threads: medians and their ratios.
if (args.Length < 2)
{
    Console.Error.WriteLine("""
        usage: dotnet run -c Release --project benchmarks/peers -- LLAMA_CPP_FOLDER MODEL.gguf [THREADS [REPEATS [STREAMS,... [PROMPT]]]]
        LLAMA_CPP_FOLDER: node_modules/@node-llama-cpp/linux-x64/bins/linux-x64 after `npm install node-llama-cpp@3.22.1 --ignore-scripts`
        """);
    return 1;
}

int threads = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
int repeats = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 3;
int[] streams = args.Length > 4 ? [.. args[4].Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture))] : [1, 2, 4, 8, 16, 32];
int prompt = args.Length > 5 ? int.Parse(args[5], CultureInfo.InvariantCulture) : 512;
int context = Math.Max(2048, prompt + 256);

await using OurEngine ours = await OurEngine.LoadAsync(args[1], threads, context);
int vocabulary;
await using (InferenceEngine probe = await InferenceEngine.LoadAsync(args[1], new EngineOptions { KvCacheTokens = 64 }))
    vocabulary = probe.Model.VocabularySize;
await using LlamaCpp theirs = LlamaCpp.Load(args[0], args[1], threads, context, vocabulary);
IContestant[] contestants = [ours, theirs];
var random = new Random(7);

Console.WriteLine($"{Path.GetFileName(args[1])}, {threads} threads, medians of {repeats} alternating runs, tokens/s");
await Compare($"prompt {prompt}", c => c.ReadPromptAsync(Enumerable.Range(0, prompt).Select(_ => random.Next(vocabulary)).ToArray()));
foreach (int n in streams)
    await Compare($"decode {n,2}", c => c.DecodeAsync(n, 8, n == 1 ? 48 : 24));
if (prompt > 1024)
    await Compare($"decode  1 after {prompt}", c => c.DecodeAsync(1, prompt, 24));
return 0;

async Task Compare(string work, Func<IContestant, Task<double>> run)
{
    var speeds = contestants.Select(_ => new List<double>()).ToArray();
    for (int repeat = -1; repeat < repeats; repeat++)
    {
        for (int i = 0; i < contestants.Length; i++)
        {
            double speed = await run(contestants[i]);
            if (repeat >= 0)
                speeds[i].Add(speed);
        }
    }

    double[] medians = [.. speeds.Select(s => s.Order().ElementAt(s.Count / 2))];
    string[] ratios = [.. speeds[0].Zip(speeds[1], (a, b) => a / b).Order().Select(r => r.ToString("F2", CultureInfo.InvariantCulture))];
    Console.WriteLine($"{work,-20} {contestants[0].Name} {medians[0],8:F1}   {contestants[1].Name} {medians[1],8:F1}   ratio {medians[0] / medians[1]:F2}  ({ratios[0]} to {ratios[^1]})");
}
