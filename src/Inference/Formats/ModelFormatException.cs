namespace Inference.Formats;

/// <summary>A model, tokenizer or configuration file is malformed, or uses something this library does not support.</summary>
public sealed class ModelFormatException : InferenceException
{
    /// <summary>Creates the exception; the message is put together from the parts.</summary>
    /// <param name="path">The file.</param>
    /// <param name="field">The field, tensor or metadata key at fault, if known.</param>
    /// <param name="offset">The byte offset in the file, or -1 where none applies.</param>
    /// <param name="problem">What is wrong, without the place.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public ModelFormatException(string path, string? field, long offset, string problem, Exception? innerException = null)
        : base(Compose(path, field, offset, problem), innerException)
    {
        Path = path;
        Field = field;
        Offset = offset;
        Problem = problem;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The field, tensor or metadata key at fault, if known.</summary>
    public string? Field { get; }

    /// <summary>The byte offset in the file, or -1 where none applies.</summary>
    public long Offset { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }

    private static string Compose(string path, string? field, long offset, string problem)
    {
        string place = offset >= 0 ? $" at byte {offset}" : "";
        string name = field is null ? "" : $" in '{field}'";
        return $"{path}: {problem}{name}{place}.";
    }
}
