namespace Inference.Persistence;

/// <summary>A saved conversation is damaged, cut short, or no saved conversation at all. Nothing of it was restored.</summary>
public sealed class CacheFormatException : InferenceException
{
    /// <summary>Creates the exception; the message is put together from the parts.</summary>
    /// <param name="section">The part at fault: "header", "tokens" or "block 0" and up.</param>
    /// <param name="offset">Where that part, or the field at fault, begins: bytes from where reading started.</param>
    /// <param name="problem">What is wrong, without the place.</param>
    public CacheFormatException(string section, long offset, string problem)
        : base($"The saved conversation cannot be read: {problem} in its {section} at byte {offset}.")
    {
        Section = section;
        Offset = offset;
        Problem = problem;
    }

    /// <summary>The part at fault: "header", "tokens" or "block 0" and up.</summary>
    public string Section { get; }

    /// <summary>Where that part, or the field at fault, begins: bytes from where reading started.</summary>
    public long Offset { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }
}
