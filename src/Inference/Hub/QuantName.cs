using System.Text.RegularExpressions;

namespace Inference.Hub;

/// <summary>The quantisation that a GGUF file's name ends with, by the habit of those who publish them.</summary>
internal static partial class QuantName
{
    /// <summary>Those of several models that are meant by a quantisation: the nearest reading that fits any.</summary>
    public static IReadOnlyList<GgufModelFiles> Matches(IReadOnlyList<GgufModelFiles> models, string quant)
    {
        Func<GgufModelFiles, bool>[] readings =
        [
            // All of the label: UD-Q4_K_M is another file than Q4_K_M beside it.
            model => string.Equals(Label().Match(model.Stem).Groups[1].Value, quant, StringComparison.OrdinalIgnoreCase),
            model => EndsWith(model.Stem, quant),
            // A folder of that name, or the name's middle.
            model => model.Stem.Split('/', '-', '.').Any(word => string.Equals(word, quant, StringComparison.OrdinalIgnoreCase)),
        ];
        return readings.Select(reading => models.Where(reading).ToArray()).FirstOrDefault(found => found.Length > 0) ?? [];
    }

    private static bool EndsWith(string stem, string quant) =>
        stem.EndsWith(quant, StringComparison.OrdinalIgnoreCase)
        && (stem.Length == quant.Length || stem[^(quant.Length + 1)] is '-' or '.' or '/' || (stem[^(quant.Length + 1)] == '_' && Label().Match(quant) is { Index: 0, Length: > 0 }));

    [GeneratedRegex(@"(?:^|[-._/])((?:UD-)?(?:I?Q\d\w*|TQ\d\w*|B?F\d+|FP\d+|MXFP\d\w*|NVFP\d\w*))$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Label();
}
