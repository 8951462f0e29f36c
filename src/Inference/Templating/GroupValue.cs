namespace Inference.Templating;

/// <summary>One group of <c>groupby</c>: a pair that can also be read by name.</summary>
internal sealed class GroupValue(object? key, List<object?> members) : TupleValue([key, members]), IAttributed
{
    public bool TryGetAttribute(RenderState state, string name, out object? value)
    {
        value = name == "grouper" ? Items[0] : Items[1];
        return name is "grouper" or "list";
    }
}
