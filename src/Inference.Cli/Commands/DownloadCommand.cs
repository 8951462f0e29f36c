using System.CommandLine;
using Inference.Hub;

namespace Inference.Cli.Commands;

/// <summary>Brings a model from the hub into the cache.</summary>
internal static class DownloadCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> model = new("MODEL") { Description = "owner/name, or of several models in a repository one: owner/name:QUANT (such as Q4_K_M) or owner/name:FILE." };
        Option<string> revision = new("--revision") { Description = "A branch, a tag or a commit.", HelpName = "NAME", DefaultValueFactory = _ => "main" };
        Option<string?> cache = new("--cache") { Description = "The folder to keep models in; HF_HUB_CACHE, or ~/.cache/huggingface/hub, unless given.", HelpName = "FOLDER" };
        Option<string?> endpoint = new("--endpoint") { Description = "The hub's address; HF_ENDPOINT, or https://huggingface.co, unless given.", HelpName = "URL" };
        Option<bool> offline = new("--offline") { Description = "Find the model in the cache and ask nobody; so does HF_HUB_OFFLINE=1." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("download", "Downloads a model from the hub, or finds it in the cache, and prints its path. A token is taken from HF_TOKEN or where 'hf auth login' left it.")
        {
            model, revision, cache, endpoint, offline, json,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            ModelHubOptions options = new()
            {
                Revision = arguments.GetRequiredValue(revision),
                CacheFolder = arguments.GetValue(cache) is { Length: > 0 } folder ? folder : null,
                Endpoint = arguments.GetValue(endpoint) is { } address ? Address(address) : null,
                Offline = arguments.GetValue(offline) ? true : null,
                Retrying = notice => terminal.Note($"{notice.File ?? notice.Repository}: {notice.Reason}; attempt {notice.Attempt + 1} of {notice.MaxAttempts} in {notice.Wait.TotalSeconds:0} s."),
            };
            HubModel found = await terminal.WithProgressAsync("Downloading", async progress =>
                await ModelHub.DownloadAsync(arguments.GetRequiredValue(model), options, new Target(progress), cancellationToken));
            if (found.IsFromCache && options.Offline != true)
                terminal.Note($"From the cache, as of commit {found.Commit}; the hub was not asked.");
            Write(found, arguments.GetValue(json), terminal);
            return 0;
        });
        return command;
    }

    private static Uri Address(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
        ? address
        : throw new UserErrorException($"--endpoint takes an address, not '{text}'.");

    private static void Write(HubModel model, bool json, Terminal terminal)
    {
        if (!json)
        {
            terminal.Output.WriteLine(model.Path);
            return;
        }

        terminal.WriteJson(new Dictionary<string, object?>
        {
            ["path"] = model.Path,
            ["repository"] = model.Repository,
            ["commit"] = model.Commit,
            ["bytes"] = model.Files.Sum(file => file.ByteLength),
            ["isFromCache"] = model.IsFromCache,
            ["files"] = model.Files.Select(file => new Dictionary<string, object?> { ["name"] = file.Name, ["path"] = file.Path, ["bytes"] = file.ByteLength }),
        });
    }

    private sealed class Target(IProgress<double> target) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => target.Report(value.Fraction);
    }
}
