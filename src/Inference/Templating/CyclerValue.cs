namespace Inference.Templating;

/// <summary>Goes round a list of values, one at each call of <c>next</c>.</summary>
internal sealed class CyclerValue(IReadOnlyList<object?> items) : IAttributed
{
    private int _position;

    public bool TryGetAttribute(RenderState state, string name, out object? value)
    {
        value = name switch
        {
            "current" => items[_position],
            "next" => new NativeFunction("next", Next),
            "reset" => new NativeFunction("reset", Reset),
            _ => null,
        };
        return name is "current" or "next" or "reset";
    }

    private object? Next(RenderState state, Arguments arguments)
    {
        object? current = items[_position];
        _position = (_position + 1) % items.Count;
        return current;
    }

    private object? Reset(RenderState state, Arguments arguments)
    {
        _position = 0;
        return null;
    }

    public override string ToString() => "<cycler>";
}
