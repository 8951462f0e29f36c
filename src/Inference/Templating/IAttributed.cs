namespace Inference.Templating;

/// <summary>A value with attributes of its own.</summary>
internal interface IAttributed
{
    bool TryGetAttribute(RenderState state, string name, out object? value);
}
