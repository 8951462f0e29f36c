using System.Text;
using Inference.Tokenization;

namespace Inference.Dialects;

/// <summary>How a model marks what it thinks, what it answers and what it calls. Immutable.</summary>
/// <remarks>Of the families that are known, all apply whose marks the model's chat template or vocabulary shows. All patterns are encoded by <see cref="Alphabet"/>.</remarks>
internal sealed class Dialect
{
    private Dialect(MarkAlphabet alphabet) => Alphabet = alphabet;

    /// <summary>Spells marks.</summary>
    public MarkAlphabet Alphabet { get; }

    /// <summary>Whether everything is in channels, as gpt-oss has it; the rest then says nothing.</summary>
    public bool HasChannels { get; private init; }

    public IReadOnlyList<ReasoningMarks> Reasoning { get; private init; } = [];

    public IReadOnlyList<(string Open, string Close)> Answers { get; private init; } = [];

    public IReadOnlyList<CallMarks> Calls { get; private init; } = [];

    /// <summary>Finds a model's dialect.</summary>
    /// <param name="alphabet">The marks that it has tokens for.</param>
    /// <param name="template">The text of its chat template.</param>
    public static Dialect Find(MarkAlphabet alphabet, string template)
    {
        bool Shows(string mark) => alphabet.Has(mark) || template.Contains(mark, StringComparison.Ordinal);
        return new Dialect(alphabet)
        {
            // All of them, and by the template where there is one: vocabularies are handed down to models that do not use them.
            HasChannels = Families.Harmony[..3].All(mark => template.Length == 0 ? alphabet.Has(mark) : template.Contains(mark, StringComparison.Ordinal)),
            Reasoning =
            [
                .. Families.Reasoning
                    .Where(marks => Shows(marks.Open) || Shows(marks.Close))
                    .Select(marks => new ReasoningMarks(alphabet.Encode(marks.Open), alphabet.Encode(marks.Close))),
            ],
            Answers = [.. Families.Answers.Where(marks => Shows(marks.Open)).Select(marks => (alphabet.Encode(marks.Open), alphabet.Encode(marks.Close)))],
            Calls =
            [
                .. Families.Calls
                    .Where(marks => Shows(marks.Sign ?? marks.Open))
                    .DistinctBy(marks => marks.Open)
                    .Select(marks => marks with
                    {
                        Open = alphabet.Encode(marks.Open),
                        Close = marks.Close is null ? null : alphabet.Encode(marks.Close),
                        Sections = [.. marks.Sections.Select(alphabet.Encode)],
                    }),
            ],
        };
    }

    /// <summary>A reader of one answer.</summary>
    /// <param name="beginning">How the prompt begins the answer.</param>
    /// <param name="tools">The tools that may be called; where there are none, nothing is read as a call.</param>
    public AnswerReader Read(AnswerBeginning beginning, ToolCatalog tools) =>
        HasChannels ? new ChannelReader(Alphabet, beginning.Header, tools) : new MarkReader(this, beginning, tools);

    /// <summary>How the end of a prompt begins the answer.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="prompt">The prompt's tokens.</param>
    public AnswerBeginning Beginning(Tokenizer tokenizer, ReadOnlySpan<int> prompt)
    {
        const int enough = 64;
        var text = new SpokenText(tokenizer, Alphabet, [], default);
        var end = new StringBuilder();
        foreach (int token in prompt[^Math.Min(enough, prompt.Length)..])
            end.Append(text.Append(token));
        return Beginning(end.Append(text.Flush()).ToString());
    }

    /// <summary>How the end of a prompt begins the answer.</summary>
    /// <param name="end">The end of the prompt, encoded.</param>
    public AnswerBeginning Beginning(string end)
    {
        ReadOnlySpan<char> trimmed = end.AsSpan().TrimEnd();
        if (HasChannels)
            return new AnswerBeginning(null, false) { Header = end[(end.LastIndexOf(Alphabet.Encode(Families.Harmony[0]), StringComparison.Ordinal) + 1)..] };
        foreach (ReasoningMarks marks in Reasoning)
        {
            if (trimmed.EndsWith(marks.Open))
                return new AnswerBeginning(marks, false);
            if (trimmed.EndsWith(marks.Close))
                return new AnswerBeginning(null, true);
        }

        return default;
    }

    /// <summary>How a message that is gone on with begins the answer.</summary>
    /// <param name="content">The message so far.</param>
    public AnswerBeginning Continuation(string content)
    {
        foreach (ReasoningMarks marks in Reasoning)
        {
            int open = content.LastIndexOf(Alphabet.Spell(marks.Open), StringComparison.Ordinal);
            if (open >= 0 && content.IndexOf(Alphabet.Spell(marks.Close), open, StringComparison.Ordinal) < 0)
                return new AnswerBeginning(marks, false);
        }

        return default;
    }
}
