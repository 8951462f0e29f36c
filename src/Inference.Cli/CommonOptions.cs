using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Inference.Cpu;

namespace Inference.Cli;

/// <summary>Options and arguments that several commands take.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Write one JSON document to the standard output and nothing else." };

    public static Argument<string> Model(string description = "A GGUF file, a safetensors file, or a folder with safetensors and config.json.")
        => Path(new Argument<string>("MODEL") { Description = description });

    public static Option<int?> Threads() => Whole("--threads", "N", "Threads that compute; 0, or not given, uses every physical core.", 0, 1024);

    public static Option<CpuKernels> Kernels() => new("--kernels")
    {
        Description = $"Kernels to compute with: {string.Join(", ", Enum.GetNames<CpuKernels>()).ToLowerInvariant()}.",
        HelpName = "NAME",
        CustomParser = argument =>
        {
            string text = argument.Tokens[0].Value;
            if (KernelChoice.TryParse(text, out CpuKernels kernels))
                return kernels;
            argument.AddError($"--kernels takes {string.Join(", ", Enum.GetNames<CpuKernels>()).ToLowerInvariant()}, not '{text}'.");
            return CpuKernels.Auto;
        },
    };

    /// <summary>The number of threads as engines take it.</summary>
    public static int? ThreadCount(ParseResult arguments, Option<int?> threads)
        => arguments.GetValue(threads) is > 0 and var count ? count : null;

    /// <summary>A decimal number, with a point: a comma is refused rather than skipped.</summary>
    public static Option<float> Number(string name, string letter, float standard, string description) => new(name)
    {
        Description = description,
        HelpName = letter,
        DefaultValueFactory = _ => standard,
        CustomParser = argument =>
        {
            string text = argument.Tokens[0].Value;
            if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value))
                return value;
            argument.AddError($"{name} takes a number, not '{text}'.");
            return standard;
        },
    };

    /// <summary>A whole number in a range; null where neither given nor standard.</summary>
    public static Option<T?> Whole<T>(string name, string letter, string description, T least, T most, T? standard = null)
        where T : struct, IBinaryInteger<T>
    {
        Option<T?> option = new(name)
        {
            Description = description,
            HelpName = letter,
            CustomParser = argument =>
            {
                string text = argument.Tokens[0].Value;
                if (T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T value) && value >= least && value <= most)
                    return value;
                argument.AddError($"{name} takes a whole number from {least} to {most}, not '{text}'.");
                return null;
            },
        };
        if (standard is not null)
            option.DefaultValueFactory = _ => standard;
        return option;
    }

    /// <summary>Refuses an empty path, which no file has.</summary>
    public static Argument<string> Path(Argument<string> argument)
    {
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }])
                result.AddError($"{argument.Name} is empty; a path is needed.");
        });
        return argument;
    }

    /// <inheritdoc cref="Path(Argument{string})"/>
    public static Option<string> Path(Option<string> option)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }])
                result.AddError($"{option.Name} is empty; a path is needed.");
        });
        return option;
    }
}
