namespace Inference.Templating;

/// <summary>The value of what does not exist: prints as nothing, is empty and false, and fails on any other use.</summary>
internal sealed class Undefined(string detail)
{
    /// <summary>What does not exist, for the message of a later failure.</summary>
    public string Detail { get; } = detail;

    public static Undefined Name(string name) => new($"'{name}' is undefined");

    public static Undefined Attribute(object? target, object? key) => new(
        TemplateText.Plain(key) is string name
            ? $"'{TypeNames.Of(target)}' has no attribute '{(name.Length > 60 ? name[..60] + "..." : name)}'"
            : $"'{TypeNames.Of(target)}' has no such element");

    public override string ToString() => "Undefined";
}
