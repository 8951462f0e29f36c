using System.CommandLine;
using Inference;
using Inference.Peers;

if (args is [LlamaStartup.Verb, _, _, _])
    return LlamaStartup.Run(args);
try
{
    return await PeersCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception error) when (error is PeerException or InferenceException or IOException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}
