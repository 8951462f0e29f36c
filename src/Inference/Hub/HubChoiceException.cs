namespace Inference.Hub;

/// <summary>The repository holds no model that fits what was asked for, or several.</summary>
public sealed class HubChoiceException : HubException
{
    internal HubChoiceException(string repository, IReadOnlyList<string> choices, string message)
        : base(repository, null, null, message, null)
    {
        Choices = choices;
    }

    /// <summary>The files that could have been meant, or where none could, those that are there. Each can be named after the colon.</summary>
    public IReadOnlyList<string> Choices { get; }
}
