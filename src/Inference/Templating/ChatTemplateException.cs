namespace Inference.Templating;

/// <summary>A chat template that cannot be parsed, or whose rendering failed.</summary>
/// <remarks>
/// Raised for faults of syntax, for faults while rendering, for a template that calls <c>raise_exception</c>
/// (then <see cref="TemplateMessage"/> is that call's text), and for a template that exceeds the sandbox's limits.
/// </remarks>
public sealed class ChatTemplateException : InferenceException
{
    internal ChatTemplateException(string detail, TextPosition position, bool raisedByTemplate = false, Exception? innerException = null)
        : base($"Chat template, line {position.Line}, column {position.Column}: {detail}", innerException)
    {
        Line = position.Line;
        Column = position.Column;
        Detail = detail;
        TemplateMessage = raisedByTemplate ? detail : null;
    }

    /// <summary>The line of the template where the fault lies; the first is 1.</summary>
    public int Line { get; }

    /// <summary>The column on that line, in UTF-16 code units; the first is 1.</summary>
    public int Column { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Detail { get; }

    /// <summary>The text that the template itself gave to <c>raise_exception</c>; null for every other fault.</summary>
    public string? TemplateMessage { get; }
}
