namespace Inference.Templating;

/// <summary>The one value whose attributes templates may assign.</summary>
internal sealed class NamespaceValue(MapValue attributes) : IAttributed
{
    public MapValue Attributes { get; } = attributes;

    public bool TryGetAttribute(RenderState state, string name, out object? value) => Attributes.TryGet(name, out value);
}
