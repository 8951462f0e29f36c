using System.Buffers;

namespace Inference.Hub;

/// <summary>Names of files as a repository has them, which become paths below a folder of ours.</summary>
internal static class HubPath
{
    private const int Longest = 1024;

    private static readonly SearchValues<char> _notOnWindows = SearchValues.Create(":*?\"<>|");

    /// <summary>Why a name must not become a path.</summary>
    /// <returns>The reason, or null where the name is safe.</returns>
    public static string? Refusal(string path)
    {
        if (path.Length is 0 or > Longest)
            return $"its length is {path.Length}";
        if (path.Any(c => char.IsControl(c) || c == '\\'))
            return "it holds a control character or a backslash";
        foreach (string segment in path.Split('/'))
        {
            if (segment is "" or "." or "..")
                return "it leads out of its folder";
            // What Windows reads as a drive, a stream, a device or another name.
            if (OperatingSystem.IsWindows() && (segment.AsSpan().ContainsAny(_notOnWindows) || segment[^1] is '.' or ' ' || IsDevice(segment)))
                return "this system has no such names";
        }

        return null;
    }

    /// <summary>The path below a folder, with this system's separators.</summary>
    public static string Below(string folder, string path) => Path.Combine([folder, .. path.Split('/')]);

    /// <summary>The name without its folders.</summary>
    public static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The folders with the slash behind them, or nothing.</summary>
    public static string FolderOf(string path) => path[..(path.LastIndexOf('/') + 1)];

    private static bool IsDevice(string segment)
    {
        string name = segment.Split('.')[0].ToUpperInvariant();
        return name is "CON" or "PRN" or "AUX" or "NUL" || (name.Length == 4 && name[..3] is "COM" or "LPT" && char.IsAsciiDigit(name[3]));
    }
}
