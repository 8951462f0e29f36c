using System.Globalization;

namespace Inference.Templating;

/// <summary>The attribute that a filter is told to look at: a name, an index, or several with dots between them.</summary>
internal sealed class AttributePath
{
    private readonly object?[] _parts;

    private AttributePath(object?[] parts) => _parts = parts;

    /// <summary>The path; of null, the value itself.</summary>
    public static AttributePath Parse(object? attribute) => TemplateText.Plain(attribute) switch
    {
        null => new AttributePath([]),
        string text => new AttributePath([.. text.Split('.').Select(Part)]),
        _ => new AttributePath([attribute]),
    };

    /// <summary>The paths in a list of them with commas between.</summary>
    public static AttributePath[] ParseList(object? attribute) =>
        TemplateText.Plain(attribute) is string text ? [.. text.Split(',').Select(Parse)] : [Parse(attribute)];

    public object? Read(RenderState state, object? value, object? defaultValue = null)
    {
        foreach (object? part in _parts)
        {
            value = Subscripts.Item(state, value, part);
            if (defaultValue is not null && value is Undefined)
                value = defaultValue;
        }
        return value;
    }

    private static object? Part(string text) =>
        text.Length > 0 && text.All(char.IsAsciiDigit) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? index : text;
}
