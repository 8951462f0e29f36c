using System.Collections;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Inference.Cli;

/// <summary>Writes a command's JSON document from plain values.</summary>
/// <remarks>
/// Each object is told field by field, as pairs of a name and a value, instead of by reflection over a type: a compiler that leaves out
/// what nobody calls sees what is needed, and a start does not pay for looking types over.
/// </remarks>
internal static class JsonText
{
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document on one line.</summary>
    /// <param name="fields">Names and values in order. A value is a text, a number, a truth value, an element of another document, a dictionary of fields, or a sequence of these; what is null is left out.</param>
    /// <exception cref="ArgumentException">A value is of another kind, or a number that JSON does not have.</exception>
    public static string Write(IReadOnlyDictionary<string, object?> fields)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, _options))
            WriteObject(writer, fields);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteObject(Utf8JsonWriter writer, IReadOnlyDictionary<string, object?> fields)
    {
        writer.WriteStartObject();
        foreach ((string name, object? value) in fields)
        {
            if (value is null)
                continue;
            writer.WritePropertyName(name);
            WriteValue(writer, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case float number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            case sbyte or byte or short or ushort or int or uint or long:
                writer.WriteNumberValue(Convert.ToInt64(value, null));
                break;
            case JsonElement element:
                element.WriteTo(writer);
                break;
            case IReadOnlyDictionary<string, object?> fields:
                WriteObject(writer, fields);
                break;
            case IEnumerable values:
                writer.WriteStartArray();
                foreach (object? item in values)
                    WriteValue(writer, item);
                writer.WriteEndArray();
                break;
            default:
                throw new ArgumentException($"JSON has no {value.GetType().Name}.", nameof(value));
        }
    }
}
