namespace Inference.Templating;

/// <summary>The names that a template does not assign itself: the caller's variables, converted when first read, and the globals.</summary>
internal sealed class VariableSource(RenderState state, IReadOnlyDictionary<string, object?> variables)
{
    private readonly Dictionary<string, object?> _converted = [];

    public object? Find(string name)
    {
        if (_converted.TryGetValue(name, out object? value))
            return value;
        if (variables.TryGetValue(name, out object? given))
            return _converted[name] = ValueConversion.FromHost(state, given);
        return Globals.ByName.TryGetValue(name, out NativeFunction? global) ? global : Undefined.Name(name);
    }
}
