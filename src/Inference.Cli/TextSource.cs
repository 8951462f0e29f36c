using System.Text;

namespace Inference.Cli;

/// <summary>Text given as an argument, or as bytes on the standard input.</summary>
internal static class TextSource
{
    private const string StandardInput = "-";

    /// <summary>The text's bytes exactly: nothing is trimmed and no byte order mark is dropped.</summary>
    public static async Task<byte[]> ReadAsync(string argument, Terminal terminal, CancellationToken cancellationToken)
    {
        if (argument != StandardInput)
            return Encoding.UTF8.GetBytes(argument);

        using MemoryStream bytes = new();
        await terminal.Input.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }
}
