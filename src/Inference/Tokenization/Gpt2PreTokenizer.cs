namespace Inference.Tokenization;

/// <summary>The pre-tokenizer of GPT-2 and of most byte-level vocabularies before 2023.</summary>
/// <remarks><c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c></remarks>
internal sealed class Gpt2PreTokenizer : PatternPreTokenizer
{
    public static readonly Gpt2PreTokenizer Instance = new();

    protected override int EndOfPiece(ReadOnlySpan<byte> text, int start)
    {
        if (text[start] == '\'')
        {
            int contraction = Contraction(text[(start + 1)..]);
            if (contraction > 0)
                return start + 1 + contraction;
        }

        int first = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        RuneClass kind = RuneClasses.At(text, first, out _);
        return kind == RuneClass.Space ? RuneClasses.EndOfSpaces(text, start) : RuneClasses.EndOfRun(text, first, kind);
    }

    private static int Contraction(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
            return 0;
        if (rest[0] is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d')
            return 1;
        return rest.StartsWith("re"u8) || rest.StartsWith("ve"u8) || rest.StartsWith("ll"u8) ? 2 : 0;
    }
}
