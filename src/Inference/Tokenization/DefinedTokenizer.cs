using System.Text;

namespace Inference.Tokenization;

/// <summary>
/// Control tokens are found here, and the text between them is encoded elsewhere. What comes from there is checked: text never becomes
/// a control token, even where that encoder would make one of its spelling.
/// </summary>
internal sealed class DefinedTokenizer : Tokenizer
{
    // A mark's spelling may hold another one that comes out only when it is cut. Nothing in use nests them once.
    private const int MaxCuts = 8;

    private readonly TextEncoder _encoder;
    private readonly AddedTokenMatcher _marks;

    private DefinedTokenizer(TextEncoder encoder, Vocabulary vocabulary, SpecialTokens special, AddedToken[] marks)
        : base(vocabulary, special)
    {
        _encoder = encoder;
        _marks = new AddedTokenMatcher(marks);
    }

    /// <summary>Checks a definition and makes a tokenizer of it.</summary>
    /// <exception cref="ArgumentException">The definition contradicts itself.</exception>
    public static DefinedTokenizer From(TokenizerDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition.Encoder, nameof(definition));
        TokenDefinition[] tokens = [.. definition.Tokens];
        foreach (int? id in (IEnumerable<int?>)[definition.BeginOfText, definition.EndOfText, .. definition.EndOfGeneration])
        {
            if (id is { } named && ((uint)named >= (uint)tokens.Length || tokens[named].Spelling is null))
                throw new ArgumentException($"There is no token {named} among the {tokens.Length} of the definition.", nameof(definition));
        }

        Require(!definition.AddsBeginOfText || definition.BeginOfText is not null, nameof(definition.AddsBeginOfText), nameof(definition.BeginOfText));
        Require(!definition.AddsEndOfText || definition.EndOfText is not null, nameof(definition.AddsEndOfText), nameof(definition.EndOfText));
        var decoder = new TokenDecoder { LeadingCount = definition.DropsFirstSpace ? 1 : 0, DropsLastSpace = definition.DropsLastSpace };
        var vocabulary = new Vocabulary(tokens, decoder);
        int[] ends = definition.EndOfText is int end ? [end, .. definition.EndOfGeneration] : [.. definition.EndOfGeneration];
        var special = new SpecialTokens(
            definition.BeginOfText,
            definition.EndOfText,
            definition.AddsBeginOfText ? [definition.BeginOfText!.Value] : [],
            definition.AddsEndOfText ? [definition.EndOfText!.Value] : [],
            Tokenization.EndOfGeneration.Find(vocabulary, ends),
            definition.ChatTemplate) { ToolChatTemplate = definition.ToolChatTemplate };
        AddedToken[] marks = [.. Enumerable.Range(0, tokens.Length)
            .Where(id => tokens[id] is { Role: TokenRole.Control, Spelling.Length: > 0 })
            .Select(id => new AddedToken(id, tokens[id].Spelling!, IsSpecial: true))];
        AddedToken.Check("", nameof(definition.Tokens), marks);
        return new DefinedTokenizer(definition.Encoder, vocabulary, special, marks);
    }

    private protected override void Encode(ReadOnlySpan<byte> utf8, ReadOnlySpan<TextPiece> parsing, List<int> output)
    {
        int position = 0;
        bool startsText = true;
        while (true)
        {
            int id = _marks.Next(utf8, position, ref parsing, out TextPiece match);
            int end = id >= 0 ? match.Start : utf8.Length;
            if (end > position)
            {
                EncodeText(utf8[position..end], startsText, MaxCuts, output);
                startsText = false;
            }

            if (id < 0)
                break;
            output.Add(id);
            position = match.Start + match.Length;
        }
    }

    private void EncodeText(ReadOnlySpan<byte> utf8, bool startsText, int cuts, List<int> output)
    {
        IReadOnlyList<int> ids = _encoder(Encoding.UTF8.GetString(utf8), startsText);
        int control = -1;
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)Vocabulary.Count)
                throw new TokenizerException($"The tokenizer encodes a text to token {id}; its vocabulary has ids 0 to {Vocabulary.Count - 1}.");
            if (Vocabulary.Kind(id) == TokenKind.Control)
                control = id;
        }

        if (control < 0)
            output.AddRange(ids);
        else if (cuts == 0 || !TryCut(utf8, startsText, cuts - 1, output))
            throw new TokenizerException($"The tokenizer encodes a text to the control token {control} ('{TokenText(control)}'), and cutting its spelling does not keep it from that.");
    }

    /// <summary>Encodes a text in parts, cut inside every control token that it spells.</summary>
    /// <returns>False where it spells none that can be cut.</returns>
    private bool TryCut(ReadOnlySpan<byte> utf8, bool startsText, int cuts, List<int> output)
    {
        ReadOnlySpan<TextPiece> everywhere = [new TextPiece(0, utf8.Length)];
        int start = 0, position = 0;
        while (_marks.Next(utf8, position, ref everywhere, out TextPiece match) >= 0)
        {
            Rune.DecodeFromUtf8(utf8[match.Start..], out _, out int first);
            position = match.Start + match.Length;
            if (first == match.Length)
                continue;
            EncodeText(utf8[start..(match.Start + first)], startsText && start == 0, cuts, output);
            start = match.Start + first;
        }

        if (start == 0)
            return false;
        EncodeText(utf8[start..], startsText: false, cuts, output);
        return true;
    }

    private static void Require(bool holds, string option, string needed)
    {
        if (!holds)
            throw new ArgumentException($"{option} is set and {needed} is null.");
    }
}
