namespace Inference.Templating;

/// <summary>What a loop's body knows of the loop: the variable <c>loop</c>.</summary>
internal sealed class LoopValue(RenderState state, object? items, IEnumerable<object?> walk, int depth, Func<object?, int, object>? recurse)
    : IAttributed, ICallable
{
    private IEnumerator<object?> _items = walk.GetEnumerator();
    private int? _count = items is GeneratorValue ? null : Sequences.Count(state, items);
    private int _index = -1;
    private bool _peeked;
    private bool _hasNext;
    private object? _next;
    private object? _previous;
    private object?[]? _lastChanged;

    public object? Current { get; private set; }

    public bool MoveNext()
    {
        if (!Peek())
            return false;
        _previous = Current;
        Current = _next;
        _peeked = false;
        _index++;
        return true;
    }

    /// <summary>The number of items; a lazy sequence is walked to its end to find it.</summary>
    public int Count(RenderState payer)
    {
        if (_count is null)
        {
            bool pending = _peeked && _hasNext;
            var rest = new List<object?>();
            while (_items.MoveNext())
            {
                payer.AllocateElements(1);
                rest.Add(_items.Current);
            }
            _items = rest.GetEnumerator();
            _count = rest.Count + _index + 1 + (pending ? 1 : 0);
        }
        return _count.Value;
    }

    public bool TryGetAttribute(RenderState state, string name, out object? value)
    {
        bool known = true;
        value = name switch
        {
            "index" => _index + 1L,
            "index0" => (long)_index,
            "revindex" => (long)Count(state) - _index,
            "revindex0" => (long)Count(state) - _index - 1,
            "length" => (long)Count(state),
            "first" => _index == 0,
            "last" => !Peek(),
            "depth" => depth + 1L,
            "depth0" => (long)depth,
            "previtem" => _index == 0 ? new Undefined("there is no previous item") : _previous,
            "nextitem" => Peek() ? _next : new Undefined("there is no next item"),
            "cycle" => new NativeFunction("cycle", Cycle),
            "changed" => new NativeFunction("changed", Changed),
            _ => known = false,
        };
        return known;
    }

    public object? Call(RenderState state, Arguments arguments)
    {
        if (recurse is null)
            throw state.Fail("only a loop marked 'recursive' can be called");
        return recurse(arguments.Bind(state, "loop", 1, "iterable").Value(0), depth + 1);
    }

    public string Describe(RenderState state) => $"<LoopContext {_index + 1}/{Count(state)}>";

    private bool Peek()
    {
        if (!_peeked)
        {
            _hasNext = _items.MoveNext();
            _next = _hasNext ? _items.Current : null;
            _peeked = true;
        }
        return _hasNext;
    }

    private object? Cycle(RenderState state, Arguments arguments) => arguments.Positional.Count > 0
        ? arguments.Positional[_index % arguments.Positional.Count]
        : throw state.Fail("cycle() needs at least one value");

    private object? Changed(RenderState state, Arguments arguments)
    {
        object?[] values = [.. arguments.Positional];
        bool same = _lastChanged is not null && Comparison.AreEqual(state, new TupleValue(_lastChanged), new TupleValue(values));
        _lastChanged = values;
        return !same;
    }
}
