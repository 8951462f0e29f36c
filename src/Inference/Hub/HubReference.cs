namespace Inference.Hub;

/// <summary>What a caller asks the hub for: <c>owner/name</c>, and behind a colon which of the repository's files.</summary>
/// <param name="Repository"><c>owner/name</c>; a few old repositories have no owner.</param>
/// <param name="Selection">A quantisation such as <c>Q4_K_M</c>, or a file; null where the repository's only model is meant.</param>
internal sealed record HubReference(string Repository, string? Selection)
{
    private const int LongestName = 96;

    /// <exception cref="ArgumentException">The text is no reference.</exception>
    public static HubReference Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string repository = colon < 0 ? text : text[..colon];
        string? selection = colon < 0 ? null : text[(colon + 1)..];
        string[] names = repository.Split('/');
        if (names.Length > 2 || !names.All(IsName))
            throw new ArgumentException($"'{HubText.Plain(text)}' does not name a repository of the hub: owner/name was expected, or owner/name:quant-or-file.");
        if (selection is not null && (selection.Length == 0 || selection.EndsWith('/') || HubPath.Refusal(selection) is not null))
            throw new ArgumentException($"'{HubText.Plain(text)}' names no quantisation or file behind the colon.");
        return new HubReference(repository, selection);
    }

    // The hub's own rule for names, which also keeps them from being anything else in a path or an address.
    private static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        && name[0] is not ('-' or '.') && name[^1] is not ('-' or '.')
        && !name.Contains("--", StringComparison.Ordinal) && !name.Contains("..", StringComparison.Ordinal);
}
