namespace Inference.Formats;

/// <summary>An open model on disk: its tensors, over memory-mapped files.</summary>
/// <remarks>Reading is safe from any number of threads; disposing unmaps the tensors' bytes and must come last.</remarks>
public abstract class ModelFile : IDisposable
{
    /// <summary>The file or folder that was opened.</summary>
    public abstract string Path { get; }

    /// <summary>Every tensor by its name in the file, in file order when enumerated.</summary>
    public abstract IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>Size on disk of everything that was mapped, in bytes.</summary>
    public abstract long ByteLength { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Unmaps the files.</summary>
    /// <param name="disposing">Whether this is called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
