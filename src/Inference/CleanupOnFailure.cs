namespace Inference;

/// <summary>Disposes what was made so far, newest first, unless the whole succeeded.</summary>
internal sealed class CleanupOnFailure : IDisposable
{
    private readonly Stack<IDisposable> _made = new();

    public T Add<T>(T made)
        where T : IDisposable
    {
        _made.Push(made);
        return made;
    }

    public void Release() => _made.Clear();

    public void Dispose()
    {
        while (_made.TryPop(out IDisposable? made))
            made.Dispose();
    }
}
