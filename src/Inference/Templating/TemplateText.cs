namespace Inference.Templating;

/// <summary>
/// A text with what is known of it besides its characters: which of them the template spells, and whether the filter <c>safe</c>
/// marked it. A plain string is a text too, of which neither holds; every operation takes both, and one that knows nothing of
/// this returns plain strings.
/// </summary>
/// <remarks>
/// Chat templates print without escaping, yet text joined to a safe one by <c>+</c> is escaped as HTML: so it is in the Jinja that
/// models were trained with, and their templates show it.
/// </remarks>
internal sealed class TemplateText
{
    private TemplateText(string text, Provenance own, bool isSafe)
    {
        Text = text;
        Origin = own;
        IsSafe = isSafe;
    }

    public string Text { get; }

    /// <summary>Which characters are the template's.</summary>
    public Provenance Origin { get; }

    public bool IsSafe { get; }

    /// <summary>A text that the template spells.</summary>
    public static object Own(string text) => Create(text, Provenance.Whole(text.Length));

    /// <summary>A text in its simplest form.</summary>
    public static object Create(string text, Provenance origin, bool isSafe = false) => origin.IsNone && !isSafe ? text : new TemplateText(text, origin, isSafe);

    public static bool IsText(object? value) => value is string or TemplateText;

    /// <summary>The value, or its characters where it is a text: most operations look at nothing else.</summary>
    public static object? Plain(object? value) => value is TemplateText text ? text.Text : value;

    /// <summary>The characters of a text.</summary>
    public static string Characters(object text) => text is TemplateText known ? known.Text : (string)text;

    /// <summary>Which characters of a text are the template's.</summary>
    public static Provenance OriginOf(object? text) => text is TemplateText known ? known.Origin : default;

    /// <summary>The value; where it is a safe text, one that is not.</summary>
    public static object? Unsafe(object? value) => value is TemplateText { IsSafe: true } text ? Create(text.Text, text.Origin) : value;

    /// <summary>The value with the texts in it made safe: what a method of safe text returns.</summary>
    public static object? Safe(object? value) => value switch
    {
        string or TemplateText => new TemplateText(Characters(value), OriginOf(value), true),
        List<object?> list => list.ConvertAll(Safe),
        TupleValue tuple => new TupleValue(Array.ConvertAll(tuple.Items, Safe)),
        _ => value,
    };

    /// <summary>The part of a text between two places.</summary>
    public static object Slice(object text, int start, int end) => text is TemplateText known
        ? start == 0 && end == known.Text.Length ? known : Create(known.Text[start..end], known.Origin.Slice(start, end), known.IsSafe)
        : ((string)text)[start..end];

    /// <summary>The code points of a text as texts of their own.</summary>
    public static IEnumerable<object?> Elements(object text)
    {
        if (text is string plain)
            return PythonText.Elements(plain);
        return Slices((TemplateText)text);

        static IEnumerable<object?> Slices(TemplateText text)
        {
            int start = 0;
            foreach (string element in PythonText.Elements(text.Text))
                yield return Slice(text, start, start += element.Length);
        }
    }

    /// <summary>The outcome of an operation that makes each character of one in its place, or more than one: those have no place then.</summary>
    public static object Changed(object source, string result)
    {
        string before = Characters(source);
        Provenance origin = OriginOf(source);
        return Create(result, origin.IsWhole(before.Length) && before.Length > 0 ? Provenance.Whole(result.Length) : result.Length == before.Length ? origin : default);
    }
}
