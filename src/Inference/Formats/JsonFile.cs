using System.Text.Json;
using System.Text.Unicode;

namespace Inference.Formats;

/// <summary>Reads the JSON files that lie beside a model.</summary>
internal static class JsonFile
{
    private const int Depth = 64;

    /// <summary>Parses a file into a value that owns its memory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The most bytes it may have.</param>
    /// <exception cref="ModelFormatException">The file is too long, not JSON, nested deeper than 64, or repeats a property.</exception>
    public static JsonElement Read(string path, int longest)
    {
        byte[] bytes = ReadBytes(path, longest);
        try
        {
            if (FindBadText(WithoutByteOrderMark(bytes).Span) is { } property)
                throw new ModelFormatException(path, property.Length > 0 ? property : null, -1, "a text is not valid UTF-8 or UTF-16");
            using JsonDocument document = JsonDocument.Parse(WithoutByteOrderMark(bytes), new JsonDocumentOptions
            {
                MaxDepth = Depth,
                AllowDuplicateProperties = false,
            });
            return document.RootElement.Clone();
        }
        catch (JsonException cause)
        {
            throw new ModelFormatException(path, null, OffsetOf(bytes, cause), "the file is not valid JSON", cause);
        }
    }

    private static byte[] ReadBytes(string path, int longest)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        if (stream.Length > longest)
            throw new ModelFormatException(path, null, -1, $"the file has {stream.Length} bytes, and at most {longest} are read");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    // The document model defers this check to whoever asks for the text, who would not expect it.
    private static string? FindBadText(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            return "";

        string property = "";
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = Depth });
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
                continue;
            try
            {
                string? text = reader.TokenType == JsonTokenType.PropertyName || reader.ValueIsEscaped ? reader.GetString() : null;
                if (reader.TokenType == JsonTokenType.PropertyName)
                    property = text!;
            }
            catch (InvalidOperationException)
            {
                return property;
            }
        }

        return null;
    }

    private static ReadOnlyMemory<byte> WithoutByteOrderMark(byte[] bytes) =>
        bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsMemory(3) : bytes;

    private static long OffsetOf(ReadOnlySpan<byte> bytes, JsonException cause)
    {
        if (cause.LineNumber is not { } line || cause.BytePositionInLine is not { } position)
            return -1;
        int start = 0;
        for (; line > 0; line--)
            start += bytes[start..].IndexOf((byte)'\n') + 1;
        return start + position;
    }
}
