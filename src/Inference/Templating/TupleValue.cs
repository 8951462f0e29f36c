namespace Inference.Templating;

/// <summary>A tuple.</summary>
internal class TupleValue(object?[] items)
{
    public object?[] Items { get; } = items;
}
