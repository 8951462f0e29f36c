namespace Inference.Templating;

/// <summary>The names of one block; those of the blocks around it can be read through it.</summary>
internal sealed class Scope(Scope? parent, VariableSource? source = null)
{
    private Dictionary<string, object?>? _names;

    public object? Find(string name)
    {
        Scope scope = this;
        while (true)
        {
            if (scope._names is not null && scope._names.TryGetValue(name, out object? value))
                return value;
            if (scope.Parent is null)
                return scope.Source!.Find(name);
            scope = scope.Parent;
        }
    }

    public void Set(string name, object? value) => (_names ??= [])[name] = value;

    private Scope? Parent => parent;

    private VariableSource? Source => source;
}
