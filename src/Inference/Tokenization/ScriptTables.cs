namespace Inference.Tokenization;

/// <summary>Looks up scripts.</summary>
internal static class ScriptTables
{
    /// <summary>A number for the script of a code point; 0 for none.</summary>
    public static int Find(int codePoint)
    {
        ReadOnlySpan<int> starts = ScriptData.Starts;
        // No start is equal to this: it is after all of its code point.
        int next = ~starts.BinarySearch((codePoint << 8) | 0xFF);
        return starts[next - 1] & 0xFF;
    }
}
