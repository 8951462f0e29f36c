using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Inference.Extensions.AI.Configuration;

/// <summary>An untyped value on its way to become an option: a section of a configuration, a JSON element, or an object.</summary>
/// <remarks>A value that cannot become what is asked for is told in <see cref="Errors"/>, and something harmless returned.</remarks>
/// <param name="Path">Where it was found, for messages.</param>
/// <param name="Value">The value.</param>
/// <param name="Errors">Where to tell what is wrong.</param>
internal readonly record struct OptionValue(string Path, object? Value, OptionErrors Errors)
{
    /// <summary>Whether there is no value at all: null, in a configuration too.</summary>
    public bool IsNull => Value is null or JsonElement { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } || (Value is IConfigurationSection { Value: null } section && !section.GetChildren().Any());

    /// <summary>The value as a number, a truth value or the like.</summary>
    public T Read<T>()
        where T : struct, IParsable<T>
    {
        string? text = ReadText();
        // .NET reads a bare "30" as thirty days; nobody who writes it means that.
        if (text is not null && (typeof(T) != typeof(TimeSpan) || text.Contains(':', StringComparison.Ordinal)) && T.TryParse(text, CultureInfo.InvariantCulture, out T value))
            return value;
        if (text is not null)
            Refuse(text, Describe<T>());
        return default;
    }

    /// <summary>The value as a number or the like, or null.</summary>
    public T? ReadOptional<T>()
        where T : struct, IParsable<T> => IsNull ? null : Read<T>();

    /// <summary>The value as one of an enumeration's names, in any case.</summary>
    public T ReadChoice<T>()
        where T : struct, Enum
    {
        if (Value is T typed && Enum.IsDefined(typed))
            return typed;
        if (ReadText() is not { } text)
            return default;
        // Not Enum.Parse alone: it takes numbers and lists too.
        if (Enum.GetNames<T>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } known)
            return Enum.Parse<T>(known);
        Refuse(text, $"one of {string.Join(", ", Enum.GetNames<T>())}");
        return default;
    }

    /// <summary>The value as text; null, told as an error, where it is none.</summary>
    public string? ReadText()
    {
        string? text = Value switch
        {
            string given => given,
            JsonElement { ValueKind: JsonValueKind.String } json => json.GetString(),
            JsonElement { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } json => json.GetRawText(),
            bool truth => truth ? bool.TrueString : bool.FalseString,
            IConfigurationSection section when !section.GetChildren().Any() => section.Value,
            IFormattable given => given.ToString(null, CultureInfo.InvariantCulture),
            _ => null,
        };
        if (text is null)
            Errors.Invalid.Add(IsNull ? $"{Path}: a value is missing." : $"{Path}: a single value is expected.");
        return text;
    }

    /// <summary>The named values inside this one, with the names as they were given.</summary>
    public IEnumerable<(string Name, OptionValue Value)> ReadMembers()
    {
        OptionValue self = this;
        switch (Value)
        {
            case IConfiguration configuration when configuration is not IConfigurationSection { Value: not (null or "") }:
                return configuration.GetChildren().Select(child => (child.Key, self with { Path = child.Path, Value = child }));
            case JsonElement { ValueKind: JsonValueKind.Object } json:
                return json.EnumerateObject().Select(member => self.Member(member.Name, member.Value));
            case IEnumerable<KeyValuePair<string, object?>> pairs:
                return pairs.Select(pair => self.Member(pair.Key, pair.Value));
            default:
                Errors.Invalid.Add($"{Path}: named values are expected.");
                return [];
        }
    }

    /// <summary>The texts inside this value, in their order.</summary>
    public IReadOnlyList<string> ReadTexts() => Value switch
    {
        IEnumerable<string> given => [.. given],
        JsonElement { ValueKind: JsonValueKind.Array } json => [.. Texts(json.EnumerateArray().Select(object? (element) => element))],
        // An empty array is an empty text in a configuration.
        IConfigurationSection { Value: null or "" } section => [.. Texts(section.GetChildren())],
        IEnumerable<object?> objects => [.. Texts(objects)],
        _ => [.. Texts([Value])],
    };

    /// <summary>Tells that the value is not what it should be.</summary>
    public void Refuse(string text, string expected) => Errors.Invalid.Add($"{Path}: \"{text}\" is not {expected}.");

    private IEnumerable<string> Texts(IEnumerable<object?> values)
    {
        int i = 0;
        foreach (object? value in values)
            yield return (this with { Path = $"{Path}:{i++}", Value = value }).ReadText() ?? "";
    }

    private (string Name, OptionValue Value) Member(string name, object? value) => (name, this with { Path = $"{Path}:{name}", Value = value });

    private static string Describe<T>() =>
        typeof(T) == typeof(bool) ? "true or false"
        : typeof(T) == typeof(TimeSpan) ? "a time such as 00:00:30"
        : typeof(T) == typeof(float) || typeof(T) == typeof(double) ? "a number"
        : $"an integer of type {typeof(T).Name}";
}
