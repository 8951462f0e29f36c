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

    /// <summary>Opens a model, by what the path holds rather than by its extension.</summary>
    /// <param name="path">
    /// A GGUF file; a safetensors file; the index of a sharded safetensors model (<c>*.safetensors.index.json</c>); or a folder that
    /// holds a safetensors model or a single GGUF file.
    /// </param>
    /// <returns>A <see cref="GgufFile"/> or a <see cref="SafetensorsModel"/>.</returns>
    /// <exception cref="ModelFormatException">It is none of these, is malformed, or uses what this library does not support.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static ModelFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? ModelFolder.Find(path) : path;
        return ModelFolder.KindOf(file) switch
        {
            ModelFileKind.Gguf => GgufFile.Open(file),
            ModelFileKind.Safetensors => SafetensorsModel.Open(file),
            _ => throw new ModelFormatException(file, null, 0, "this is neither a GGUF nor a safetensors file"),
        };
    }

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
