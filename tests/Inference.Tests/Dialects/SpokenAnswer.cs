using System.Text;
using Inference.Dialects;
using Inference.Tokenization;

namespace Inference.Tests.Dialects;

/// <summary>What comes of reading an answer.</summary>
internal sealed record SpokenAnswer(string Reasoning, string Text, IReadOnlyList<CallDraft> Calls, string Raw)
{
    /// <summary>The calls as name(arguments).</summary>
    public IEnumerable<string> Called => Calls.Select(call => $"{call.Name}({call.Arguments})");

    /// <summary>A model whose vocabulary has no marks, or a token for each of these.</summary>
    public static MarkAlphabet Alphabet(params IReadOnlyCollection<string> tokens)
    {
        TokenKind[] kinds = [.. tokens.Select(_ => TokenKind.Control)];
        return new MarkAlphabet(new Vocabulary([.. tokens], kinds, new TokenDecoder()), Families.Marks);
    }

    /// <summary>Reads an answer in which every mark that has a token is that token.</summary>
    /// <param name="dialect">The model's.</param>
    /// <param name="prompt">The end of the prompt.</param>
    /// <param name="text">The answer.</param>
    /// <param name="tools">The tools.</param>
    /// <param name="cut">Cuts it: how many characters come next.</param>
    public static SpokenAnswer Read(Dialect dialect, string prompt, string text, IReadOnlyList<ToolDefinition> tools, Func<int>? cut = null) =>
        ReadEncoded(dialect, dialect.Alphabet.Encode(prompt), dialect.Alphabet.Encode(text), tools, cut);

    public static SpokenAnswer ReadEncoded(Dialect dialect, string prompt, string text, IReadOnlyList<ToolDefinition> tools, Func<int>? cut = null)
    {
        AnswerReader reader = dialect.Read(dialect.Beginning(prompt), new ToolCatalog(tools.Select(tool => (tool.Name, tool.Parameters))));
        var segments = new List<Segment>();
        for (int at = 0; at < text.Length;)
        {
            int length = Math.Clamp(cut?.Invoke() ?? text.Length, 1, text.Length - at);
            // A decoder never cuts a pair.
            if (at + length < text.Length && char.IsSurrogatePair(text[at + length - 1], text[at + length]))
                length++;
            reader.Read(text.Substring(at, length), segments);
            at += length;
        }

        reader.End(segments);
        return Of(segments);
    }

    private static SpokenAnswer Of(List<Segment> segments)
    {
        var raw = new StringBuilder();
        var texts = new Dictionary<SegmentKind, StringBuilder>();
        foreach (Segment segment in segments)
        {
            Assert.NotEqual(0, segment.Text.Length);
            Assert.Equal(segment.Kind == SegmentKind.Calls, segment.Calls.Count > 0);
            raw.Append(segment.Text);
            texts.TryAdd(segment.Kind, new StringBuilder());
            texts[segment.Kind].Append(segment.Text);
        }

        string Text(SegmentKind kind) => texts.TryGetValue(kind, out StringBuilder? text) ? text.ToString() : "";
        return new SpokenAnswer(Text(SegmentKind.Reasoning), Text(SegmentKind.Answer), [.. segments.SelectMany(segment => segment.Calls)], raw.ToString());
    }
}
