using System.Globalization;

namespace Inference.Formats;

/// <summary>The name of one part of a model that was cut into several files: <c>stem-00002-of-00005.gguf</c>.</summary>
/// <param name="Stem">What stands before the number; with folders, if the name had some.</param>
/// <param name="Number">1 to <paramref name="Count"/>.</param>
/// <param name="Count">How many parts there are.</param>
/// <param name="Extension">With its point.</param>
internal sealed record PartName(string Stem, int Number, int Count, string Extension)
{
    private const int Digits = 5;
    private const string Between = "-of-";

    /// <summary>Reads a name or a path.</summary>
    /// <returns>The parts of the name, or null where it is not one of a part.</returns>
    public static PartName? Parse(string name)
    {
        string extension = Path.GetExtension(name);
        ReadOnlySpan<char> rest = name.AsSpan(0, name.Length - extension.Length);
        int length = 1 + Digits + Between.Length + Digits;
        if (extension.Length == 0 || rest.Length <= length)
            return null;

        ReadOnlySpan<char> suffix = rest[^length..];
        return suffix[0] == '-'
            && suffix.Slice(1 + Digits, Between.Length).SequenceEqual(Between)
            && TryNumber(suffix.Slice(1, Digits), out int number)
            && TryNumber(suffix[^Digits..], out int count)
            && number >= 1 && number <= count
            ? new PartName(rest[..^length].ToString(), number, count, extension)
            : null;
    }

    /// <summary>The name of a part of the same model.</summary>
    public string Of(int number) => string.Create(CultureInfo.InvariantCulture, $"{Stem}-{number:D5}{Between}{Count:D5}{Extension}");

    private static bool TryNumber(ReadOnlySpan<char> digits, out int number) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
