using System.CommandLine.Parsing;
using System.Globalization;

namespace Inference.Cli;

/// <summary>Whole numbers separated by commas or blanks.</summary>
internal static class NumberList
{
    private static readonly char[] _separators = [',', ' ', '\t', '\n', '\r'];

    /// <summary>Reads the value of an option.</summary>
    public static int[] Parse(ArgumentResult argument)
    {
        List<int> numbers = [];
        foreach (string part in argument.Tokens.SelectMany(token => token.Value.Trim('[', ']').Split(_separators, StringSplitOptions.RemoveEmptyEntries)))
        {
            if (!int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
            {
                argument.AddError($"'{part}' is not a whole number of 32 bits.");
                return [];
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }
}
