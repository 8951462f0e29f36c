namespace Inference.Persistence;

/// <summary>A saved conversation is intact, but not one that this engine can go on with: its keys and values are another model's, or stored otherwise.</summary>
public sealed class CacheMismatchException : InferenceException
{
    /// <summary>Creates the exception; the message is put together from the parts.</summary>
    /// <param name="subject">What differs: "model", "block size", "cache type", ...</param>
    /// <param name="saved">What was saved.</param>
    /// <param name="expected">What the engine has.</param>
    public CacheMismatchException(string subject, string saved, string expected)
        : base($"The saved conversation does not fit this engine: its {subject} is {saved}, the engine's {expected}.")
    {
        Subject = subject;
        Saved = saved;
        Expected = expected;
    }

    /// <summary>What differs: "model", "block size", "cache type", ...</summary>
    public string Subject { get; }

    /// <summary>What was saved.</summary>
    public string Saved { get; }

    /// <summary>What the engine has.</summary>
    public string Expected { get; }
}
