namespace Inference.Templating;

/// <summary>The arguments of one call by the place of their parameter.</summary>
internal sealed class BoundArguments(RenderState state, string function, object?[] values)
{
    /// <summary>Stands for an argument that is not given.</summary>
    public static readonly object Missing = new();

    public bool Has(int index) => !ReferenceEquals(values[index], Missing);

    public object? Value(int index, object? defaultValue = null) => Has(index) ? values[index] : defaultValue;

    public bool Flag(int index, bool defaultValue = false) => Has(index) ? Truth.Of(values[index]) : defaultValue;

    /// <summary>A text that must be given.</summary>
    public string Text(int index) => TextOrNull(index) ?? throw Mismatch(index, "a string");

    /// <summary>A text; null where it is not given or None.</summary>
    public string? TextOrNull(int index) => Value(index) switch
    {
        null => null,
        string text => text,
        TemplateText text => text.Text,
        Undefined undefined => throw state.Fail(undefined.Detail),
        _ => throw Mismatch(index, "a string"),
    };

    /// <summary>As <see cref="Text"/>, with what is known of the text.</summary>
    public object Spelled(int index)
    {
        Text(index);
        return TemplateText.Unsafe(Value(index))!;
    }

    /// <summary>An integer, brought into the range of an <see cref="int"/>: positions and counts mean the same there.</summary>
    public int Integer(int index, int defaultValue = 0) => IntegerOrNull(index) ?? defaultValue;

    /// <summary>As <see cref="Integer"/>; null where it is not given or None.</summary>
    public int? IntegerOrNull(int index) => Value(index) switch
    {
        null => null,
        bool flag => flag ? 1 : 0,
        long number => (int)Math.Clamp(number, int.MinValue, int.MaxValue),
        System.Numerics.BigInteger number => number.Sign < 0 ? int.MinValue : int.MaxValue,
        Undefined undefined => throw state.Fail(undefined.Detail),
        _ => throw Mismatch(index, "an integer"),
    };

    private ChatTemplateException Mismatch(int index, string expected) =>
        state.Fail($"{function}() expects {expected} as argument {index + 1}, not '{TypeNames.Of(Value(index))}'");
}
