using System.Buffers;

namespace Inference.Dialects;

/// <summary>What can be the name of a tool, so that text which is none is not taken for a call.</summary>
internal static class ToolNames
{
    private const int Longest = 256;

    private static readonly SearchValues<char> _impossible = SearchValues.Create(" \t\r\n<>{}[]\"`");

    public static bool IsPossible(string name) => name.Length is > 0 and <= Longest && !name.AsSpan().ContainsAny(_impossible);
}
