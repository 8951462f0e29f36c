using System.CommandLine;
using System.Globalization;
using Inference.Tests.Models;

namespace Inference.Peers;

/// <summary>Tiny random models of every architecture on this engine, on llama.cpp, and by the plain float64 decoder of the tests.</summary>
internal static class AgreeCommand
{
    private const string Explanation = """
        Writes a tiny random model in F32 of every architecture as GGUF, computes a prompt and some decoded tokens on this library, on llama.cpp
        and in float64 as the papers have it, and prints how far the logits are apart (relative norm, the farthest row).
        """;

    // Both engines round activations to 8 bits before these blocks.
    private static readonly OracleCase _blocks = new("gpt-oss: experts in MXFP4", new("gpt-oss", 64, 2, 4, 2, 16, 64, new(16)) { Experts = 4, ChosenExperts = 2, Window = 8, GlobalEvery = 2 })
    {
        PeerRemark = "activations are rounded to 8 bits on both sides",
    };

    public static Command Create()
    {
        Argument<string> library = new("LLAMA_CPP_FOLDER") { Description = $"The folder with libllama and libggml. {LlamaLibrary.HowToInstall}." };
        Option<string> only = new("--only") { Description = "Only models whose name begins so.", DefaultValueFactory = _ => "" };
        Option<bool> half = new("--f16-cache") { Description = "Keys and values in 16-bit floats on both sides, instead of 32." };
        Command command = new("agree", Explanation) { library, only, half };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            LlamaLibrary.Load(arguments.GetRequiredValue(library));
            Console.WriteLine("| model | Inference to llama.cpp | Inference to float64 | llama.cpp to float64 | |");
            Console.WriteLine("|---|---|---|---|---|");
            string start = arguments.GetRequiredValue(only);
            bool halfCache = arguments.GetValue(half);
            foreach (AgreementRun run in OracleArchitectures.All.Where(c => c.HasGguf).Select(c => new AgreementRun(c, halfCache)).Append(new AgreementRun(_blocks, halfCache, hasBlocks: true)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!run.Name.StartsWith(start, StringComparison.Ordinal))
                    continue;
                Agreement result = await run.RunAsync();
                Console.WriteLine($"| {result.Name} | {Text(result.EngineToPeer)} | {Text(result.EngineToPlain)} | {Text(result.PeerToPlain)} | {result.Remark} |");
            }

            return 0;
        });
        return command;
    }

    private static string Text(double? distance) => distance?.ToString("E1", CultureInfo.InvariantCulture) ?? "";
}
