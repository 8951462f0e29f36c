namespace Inference.Templating;

/// <summary>A lazy sequence that can be walked once, as filters like <c>map</c> return it.</summary>
internal sealed class GeneratorValue(IEnumerable<object?> items)
{
    private readonly IEnumerator<object?> _items = items.GetEnumerator();

    /// <summary>What has not been taken yet; walking it takes it.</summary>
    public IEnumerable<object?> Remaining(RenderState state)
    {
        while (true)
        {
            // Generators over generators nest as deeply as a template likes.
            state.GuardStack();
            if (!_items.MoveNext())
                yield break;
            yield return _items.Current;
        }
    }

    public override string ToString() => "<generator object>";
}
