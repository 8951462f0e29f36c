using System.CommandLine;
using System.Globalization;
using Inference.Cli.Inspection;
using Inference.Cpu;
using Inference.Formats;

namespace Inference.Cli.Commands;

/// <summary>Shows what a model file holds and what running it takes.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> model = CommonOptions.Model();
        Option<CpuKernels> kernels = CommonOptions.Kernels();
        Option<bool> json = CommonOptions.Json();
        Command command = new("inspect", "Shows a model's metadata, its tensors, the memory it needs and what would be computed with it.") { model, kernels, json };
        command.SetAction(arguments =>
        {
            using ModelFile file = ModelFile.Open(arguments.GetRequiredValue(model));
            MemoryNeed memory = MemoryNeed.Of(file);
            ModelSettings settings = ModelSettings.Of(file);
            string device = DeviceName(arguments.GetValue(kernels));
            long parameters = file.Tensors.Values.Sum(tensor => tensor.ElementCount);
            if (arguments.GetValue(json))
            {
                terminal.WriteJson(new Dictionary<string, object?>
                {
                    ["file"] = file.Path,
                    ["format"] = MetadataView.Format(file),
                    ["bytes"] = file.ByteLength,
                    ["parameters"] = parameters,
                    ["memory"] = memory.ForJson(),
                    ["device"] = device,
                    ["settings"] = settings.ForJson(),
                    ["refusal"] = settings.Problem,
                    ["metadata"] = MetadataView.ForJson(file),
                    ["tensors"] = file.Tensors.Values.Select(ForJson),
                });
            }
            else
            {
                Write(file, parameters, memory, settings, device, terminal);
            }

            return 0;
        });
        return command;
    }

    private static Dictionary<string, object?> ForJson(StoredTensor tensor) => new()
    {
        ["name"] = tensor.Name,
        ["type"] = tensor.Type.ToString(),
        ["shape"] = tensor.Shape,
        ["bytes"] = tensor.ByteLength,
    };

    private static void Write(ModelFile file, long parameters, MemoryNeed memory, ModelSettings settings, string device, Terminal terminal)
    {
        terminal.WriteTable(["", "value"],
        [
            ["file", file.Path],
            ["format", MetadataView.Format(file)],
            ["size", MiB(file.ByteLength)],
            ["parameters", parameters.ToString("N0", CultureInfo.InvariantCulture)],
            ["weights in memory", MiB(memory.WeightBytes)],
            ["key-value cache per 1,024 tokens", memory.CacheBytesPer1024Tokens is { } bytes ? MiB(bytes) : "unknown"],
            ["key-value cache at full context", memory is { CacheBytesAtFullContext: { } all, ContextLength: { } length } ? $"{MiB(all)} for {length} tokens" : "unknown"],
            ["would run on", device],
        ]);
        terminal.Output.WriteLine();
        terminal.WriteTable(["setting", "value"], [.. settings.ForPeople()]);
        terminal.Output.WriteLine();
        terminal.WriteTable(["key", "value"], [.. MetadataView.ForPeople(file)]);
        terminal.Output.WriteLine();
        terminal.WriteTable(["tensor", "type", "shape", "size"],
            [.. file.Tensors.Values.Select(tensor => (string[])[tensor.Name, tensor.Type.ToString(), string.Join(" x ", tensor.Shape), MiB(tensor.ByteLength)])]);
    }

    /// <summary>What computes here unless told otherwise: registers, kernels and threads.</summary>
    private static string DeviceName(CpuKernels kernels)
    {
        using CpuDevice device = new(ThreadTeam.DefaultThreads, kernels);
        return device.Name;
    }

    private static string MiB(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:N2} MiB");
}
