namespace Inference.Templating;

/// <summary>A template's source, understood.</summary>
internal sealed record ParsedTemplate(Statement[] Body, TemplateNames Names);
