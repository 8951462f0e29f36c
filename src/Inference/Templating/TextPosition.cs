namespace Inference.Templating;

/// <summary>A place in a template's source; both numbers start at 1.</summary>
internal readonly record struct TextPosition(int Line, int Column);
