namespace Inference.Hub;

/// <summary>Text from outside, made fit for a message.</summary>
internal static class HubText
{
    private const int Longest = 200;

    /// <summary>One line of limited length without control characters: a server must not write to somebody's terminal.</summary>
    public static string Plain(string text)
    {
        string line = string.Concat(text.Take(Longest).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return text.Length > Longest ? $"{line}..." : line;
    }

    /// <summary>The first few of many names.</summary>
    public static string List(IReadOnlyCollection<string> names, int most = 20)
    {
        string list = string.Join(", ", names.Take(most).Select(Plain));
        return names.Count > most ? $"{list} and {names.Count - most} more" : list;
    }
}
