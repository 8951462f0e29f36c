namespace Inference.Templating;

/// <summary>
/// Decides when an unknown filter or test is a fault of the template as a whole. Jinja forgives one that is
/// guarded by an <c>if</c> of the same scope, so that templates can ask for filters that may be absent;
/// using it then fails while rendering.
/// </summary>
internal sealed class UnknownNames
{
    private readonly Stack<List<(string Detail, TextPosition At)>> _scopes = new([[]]);

    public int Mark => _scopes.Peek().Count;

    public void Add(string detail, TextPosition at) => _scopes.Peek().Add((detail, at));

    /// <summary>Forgives what was added since the mark: it turned out to be guarded.</summary>
    public void Forgive(int mark) => _scopes.Peek().RemoveRange(mark, Mark - mark);

    public void OpenScope() => _scopes.Push([]);

    public void CloseScope()
    {
        if (_scopes.Pop() is [var first, ..])
            throw new ChatTemplateException(first.Detail, first.At);
    }
}
