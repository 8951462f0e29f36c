namespace Inference.Extensions.AI.Configuration;

/// <summary>What was wrong with options that came as text or untyped values: all of it, so that it can be put right at once.</summary>
internal sealed class OptionErrors
{
    /// <summary>Names that are no options, each with those that are.</summary>
    public List<string> Unknown { get; } = [];

    /// <summary>Values that their options cannot have.</summary>
    public List<string> Invalid { get; } = [];
}
