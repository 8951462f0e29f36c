using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>A value in an untrusted JSON file, which knows where it stands, so that errors can say so.</summary>
internal readonly struct JsonField
{
    private const long MaxFileBytes = 1L << 29;

    private readonly string _file;
    private readonly string _parent;
    private readonly string? _name;
    private readonly int _index;
    private readonly JsonElement _value;

    private JsonField(string file, string parent, string? name, int index, JsonElement value)
    {
        _file = file;
        _parent = parent;
        _name = name;
        _index = index;
        _value = value;
    }

    /// <summary>Where it stands: <c>model.merges[3]</c>. Put together when asked for, since most are not.</summary>
    public string Path => _name is null ? _index < 0 ? _parent : $"{_parent}[{_index}]" : _parent.Length == 0 ? _name : $"{_parent}.{_name}";

    /// <summary>The file it is in.</summary>
    public string File => _file;

    /// <summary>Whether it is text.</summary>
    public bool IsString => _value.ValueKind == JsonValueKind.String;

    /// <summary>Whether it is a list.</summary>
    public bool IsArray => _value.ValueKind == JsonValueKind.Array;

    /// <summary>Whether it is an object.</summary>
    public bool IsObject => _value.ValueKind == JsonValueKind.Object;

    /// <summary>Opens a file and gives its outermost value. The document's memory is the garbage collector's.</summary>
    /// <exception cref="ModelFormatException">The file is no JSON, or too large.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static JsonField Open(string file)
    {
        using FileStream stream = System.IO.File.OpenRead(file);
        if (stream.Length > MaxFileBytes)
            throw new ModelFormatException(file, null, -1, $"the file is larger than {MaxFileBytes} bytes");
        try
        {
            JsonDocument document = JsonDocument.Parse(stream);
            return new JsonField(file, "", null, -1, document.RootElement);
        }
        catch (JsonException e)
        {
            throw new ModelFormatException(file, null, -1, $"this is not JSON, from byte {e.BytePositionInLine} of line {e.LineNumber + 1} on", e);
        }
    }

    /// <summary>A member, or null where it is absent or null.</summary>
    public JsonField? Find(string name)
    {
        if (!IsObject)
            throw Unexpected("an object");
        return _value.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null
            ? new JsonField(_file, Path, name, -1, member)
            : null;
    }

    /// <summary>A member that must be there.</summary>
    public JsonField Get(string name) => Find(name) ?? throw Error($"the member {name} is missing");

    /// <summary>A boolean member, or what it is by default.</summary>
    public bool GetBoolean(string name, bool ifAbsent) => Find(name)?.AsBoolean() ?? ifAbsent;

    /// <summary>The items of a list.</summary>
    public IEnumerable<JsonField> Items()
    {
        if (!IsArray)
            throw Unexpected("a list");
        return Enumerate(_file, Path, _value);

        static IEnumerable<JsonField> Enumerate(string file, string path, JsonElement value)
        {
            int index = 0;
            foreach (JsonElement item in value.EnumerateArray())
                yield return new JsonField(file, path, null, index++, item);
        }
    }

    /// <summary>Refuses a pipeline of more components than any real one has, since each costs time for every text.</summary>
    public void CheckComponents(int count)
    {
        const int MaxComponents = 16;
        if (count > MaxComponents)
            throw Error($"there are more than {MaxComponents} components");
    }

    /// <summary>The members of an object.</summary>
    public IEnumerable<(string Name, JsonField Value)> Members()
    {
        if (!IsObject)
            throw Unexpected("an object");
        return Enumerate(this, Path);

        static IEnumerable<(string, JsonField)> Enumerate(JsonField self, string path)
        {
            foreach (JsonProperty member in self._value.EnumerateObject())
            {
                string name = self.Name(member);
                yield return (name, new JsonField(self._file, path, name, -1, member.Value));
            }
        }
    }

    /// <summary>The text.</summary>
    public string AsString()
    {
        if (!IsString)
            throw Unexpected("text");
        try
        {
            return _value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw BrokenText(e);
        }
    }

    /// <summary>The integer.</summary>
    public int AsInt32() => _value.ValueKind == JsonValueKind.Number && _value.TryGetInt32(out int value) ? value : throw Unexpected("an integer of 32 bits");

    /// <summary>The number.</summary>
    public double AsDouble() => _value.ValueKind == JsonValueKind.Number && _value.TryGetDouble(out double value) ? value : throw Unexpected("a number");

    /// <summary>The boolean.</summary>
    public bool AsBoolean() => _value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Unexpected("true or false"),
    };

    /// <summary>An error at this place.</summary>
    public ModelFormatException Error(string problem) => new(_file, Path.Length == 0 ? null : Path, -1, problem);

    [DoesNotReturn]
    private ModelFormatException Unexpected(string expected) => throw Error($"{expected} was expected and {Describe()} found");

    private string Describe() => _value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "text",
        _ => _value.GetRawText() is { Length: <= 40 } raw ? raw : "a long number",
    };

    private string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException e)
        {
            throw BrokenText(e);
        }
    }

    // Broken UTF-8 or half a surrogate pair, which the reader finds out only when asked for the text.
    private ModelFormatException BrokenText(InvalidOperationException e)
        => new(_file, Path.Length == 0 ? null : Path, -1, "the text is not valid Unicode", e);
}
