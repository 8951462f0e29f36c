namespace Inference.Dialects;

/// <summary>Reads what stands between the marks of a call.</summary>
/// <param name="text">The text, marks spelled out.</param>
/// <param name="tools">The tools that may be called.</param>
internal delegate CallReading CallShape(string text, ToolCatalog tools);
