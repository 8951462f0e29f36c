using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>Something to find in a text. Immutable.</summary>
internal abstract class TextPattern
{
    /// <summary>Compiles a regular expression.</summary>
    /// <param name="path">The file it is in, for errors.</param>
    /// <param name="field">Where in the file, for errors.</param>
    /// <param name="pattern">The expression.</param>
    /// <exception cref="ModelFormatException">The pattern is malformed or not supported.</exception>
    public static TextPattern Compile(string path, string field, string pattern) => pattern switch
    {
        DigitGroups.Bordered => new DigitGroups(needsBorder: true),
        DigitGroups.Unbordered => new DigitGroups(needsBorder: false),
        ThousandCuts.Pattern => new ThousandCuts(),
        _ => AutomatonPattern.TryCompile(path, field, pattern) ?? (TextPattern)new RegexPattern(path, field, pattern),
    };

    /// <summary>Adds the matches that are not empty, in order, none overlapping.</summary>
    public abstract void FindAll(ReadOnlySpan<byte> text, List<TextPiece> matches);
}
