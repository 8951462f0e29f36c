namespace Inference.Templating;

/// <summary>A dictionary in order of insertion, with keys of any immutable kind.</summary>
internal sealed class MapValue(RenderState state)
{
    /// <summary>Stands for the key None, which the dictionary below cannot hold.</summary>
    private static readonly object _none = new();
    private readonly OrderedDictionary<object, object?> _entries = new(new KeyComparer(state));

    public int Count => _entries.Count;

    public IEnumerable<KeyValuePair<object?, object?>> Entries
    {
        get
        {
            for (int i = 0; i < _entries.Count; i++)
            {
                (object key, object? value) = _entries.GetAt(i);
                yield return new(ReferenceEquals(key, _none) ? null : key, value);
            }
        }
    }

    /// <summary>Looks a key up; a key that cannot be one is not found.</summary>
    public bool TryGet(object? key, out object? value)
    {
        value = null;
        return IsKey(key) && _entries.TryGetValue(key ?? _none, out value);
    }

    public void Set(object? key, object? value)
    {
        RequireKey(key);
        state.Allocate(40);
        _entries[TemplateText.Unsafe(key) ?? _none] = value;
    }

    public bool Contains(object? key)
    {
        RequireKey(key);
        return _entries.ContainsKey(key ?? _none);
    }

    private void RequireKey(object? key)
    {
        if (!IsKey(key))
            throw state.Fail($"a value of type '{TypeNames.Of(key)}' cannot be a key");
    }

    private static bool IsKey(object? key) => key switch
    {
        List<object?> or MapValue => false,
        TupleValue tuple => Array.TrueForAll(tuple.Items, item => item is not TupleValue && IsKey(item)),
        _ => true,
    };
}
