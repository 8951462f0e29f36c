using System.CommandLine;
using System.Globalization;

namespace Inference.Cli;

/// <summary>Options and arguments that several commands take.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Write one JSON document to the standard output and nothing else." };

    public static Argument<string> Model(string description = "A GGUF file, a safetensors file, or a folder with safetensors and config.json.")
        => new("MODEL") { Description = description };

    public static Option<int> Threads() => AtLeast(new Option<int>("--threads")
    {
        Description = "Threads that compute; 0 uses every physical core.",
        HelpName = "N",
    }, 0);

    /// <summary>The number of threads as engines take it.</summary>
    public static int? ThreadCount(ParseResult arguments, Option<int> threads)
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

    /// <summary>Refuses smaller values.</summary>
    public static Option<int> AtLeast(Option<int> option, int least)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int value) && value < least)
                result.AddError($"{option.Name} must be {least} or more, not {value}.");
        });
        return option;
    }
}
