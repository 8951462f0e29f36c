namespace Inference.Tokenization;

/// <summary>The pre-tokenizer of Llama 3 (numbers in groups of up to three digits) and Qwen 2 (single digits), made from that of GPT-4.</summary>
/// <remarks>
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// </remarks>
/// <param name="digits">The longest group of digits: 3 or 1.</param>
internal sealed class TiktokenPreTokenizer(int digits) : PatternPreTokenizer
{
    public static readonly TiktokenPreTokenizer Llama3 = new(3);
    public static readonly TiktokenPreTokenizer Qwen2 = new(1);

    protected override int EndOfPiece(ReadOnlySpan<byte> text, int start)
    {
        if (text[start] == '\'')
        {
            int contraction = Contraction(text[(start + 1)..]);
            if (contraction > 0)
                return start + 1 + contraction;
        }

        RuneClass kind = RuneClasses.At(text, start, out int length);
        if (kind == RuneClass.Letter)
            return RuneClasses.EndOfRun(text, start, RuneClass.Letter);
        if (kind == RuneClass.Number)
            return EndOfDigits(text, start);

        int second = start + length;
        RuneClass next = second < text.Length ? RuneClasses.At(text, second, out _) : RuneClass.Space;
        if (next == RuneClass.Letter && text[start] is not ((byte)'\r' or (byte)'\n'))
            return RuneClasses.EndOfRun(text, second, RuneClass.Letter);
        if (kind == RuneClass.Other)
            return EndOfSymbols(text, start);
        if (next == RuneClass.Other && text[start] == ' ')
            return EndOfSymbols(text, second);

        int newline = EndOfLastNewline(text, start);
        return newline > start ? newline : RuneClasses.EndOfSpaces(text, start);
    }

    private int EndOfDigits(ReadOnlySpan<byte> text, int position)
    {
        for (int i = 0; i < digits && position < text.Length && RuneClasses.At(text, position, out int length) == RuneClass.Number; i++)
            position += length;
        return position;
    }

    private static int EndOfSymbols(ReadOnlySpan<byte> text, int position)
    {
        position = RuneClasses.EndOfRun(text, position, RuneClass.Other);
        while (position < text.Length && text[position] is (byte)'\r' or (byte)'\n')
            position++;
        return position;
    }

    /// <summary>Where the last line break in the run of white space ends; the start where there is none.</summary>
    private static int EndOfLastNewline(ReadOnlySpan<byte> text, int start)
    {
        int end = start;
        for (int i = start; i < text.Length && RuneClasses.At(text, i, out int length) == RuneClass.Space; i += length)
        {
            if (text[i] is (byte)'\r' or (byte)'\n')
                end = i + 1;
        }

        return end;
    }

    private static int Contraction(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
            return 0;

        // The long s folds to s, and the pattern ignores case the Unicode way.
        if (rest.StartsWith("\u017F"u8))
            return 2;
        int first = rest[0] | 0x20;
        if (first is 's' or 't' or 'm' or 'd')
            return 1;
        int second = rest.Length > 1 ? rest[1] | 0x20 : 0;
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 2 : 0;
    }
}
