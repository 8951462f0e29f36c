using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Inference.Dialects;

/// <summary>Writes JSON.</summary>
internal static class JsonText
{
    /// <summary>A JSON string; unpaired surrogates become U+FFFD.</summary>
    public static string Quote(string text) => $"\"{JsonEncodedText.Encode(Encoding.UTF8.GetBytes(text), JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>A JSON object of members whose values are JSON already.</summary>
    public static string Object(IEnumerable<KeyValuePair<string, string>> members)
    {
        var json = new StringBuilder("{");
        foreach ((string name, string value) in members)
            json.Append(json.Length > 1 ? ", " : "").Append(Quote(name)).Append(": ").Append(value);
        return json.Append('}').ToString();
    }
}
