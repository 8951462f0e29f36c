using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Inference.Templating;

/// <summary>Turns the caller's values into template values; what has no counterpart is refused.</summary>
internal static class ValueConversion
{
    public static object? FromHost(RenderState state, object? value, int depth = 0)
    {
        state.Credit((TemplateText.Plain(value) as string)?.Length ?? 0);
        state.GuardDepth(depth);
        switch (value)
        {
            case null or bool or long or double or string or TemplateText:
                return value;
            case JsonElement json:
                return FromJson(state, json, depth);
            case sbyte or byte or short or ushort or int or uint:
                return Convert.ToInt64(value, CultureInfo.InvariantCulture);
            case ulong number:
                return Numbers.Normalize(number);
            case BigInteger number:
                return Numbers.Checked(state, number);
            case float or Half or decimal:
                return Convert.ToDouble(value is Half half ? (double)half : value, CultureInfo.InvariantCulture);
            case IReadOnlyDictionary<string, object?> map:
                return FromEntries(state, map, depth);
            case IReadOnlyDictionary<string, string> map:
                return FromEntries(state, map, depth);
            case IEnumerable items and not IDictionary:
                var list = new List<object?>();
                foreach (object? item in items)
                {
                    state.AllocateElements(1);
                    list.Add(FromHost(state, item, depth + 1));
                }
                return list;
            default:
                throw state.Fail($"a variable has the type {value.GetType()}, which templates do not have");
        }
    }

    private static MapValue FromEntries<T>(RenderState state, IReadOnlyDictionary<string, T> entries, int depth)
    {
        var map = new MapValue(state);
        foreach ((string key, T value) in entries)
            map.Set(key, FromHost(state, value, depth + 1));
        return map;
    }

    private static object? FromJson(RenderState state, JsonElement json, int depth)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new MapValue(state);
                foreach (JsonProperty property in json.EnumerateObject())
                    map.Set(Text(state, () => property.Name), FromHost(state, property.Value, depth + 1));
                return map;
            case JsonValueKind.Array:
                state.AllocateElements(json.GetArrayLength());
                return json.EnumerateArray().Select(item => FromHost(state, item, depth + 1)).ToList();
            case JsonValueKind.String:
                string? text = Text(state, json.GetString);
                state.Credit(text!.Length);
                return text;
            case JsonValueKind.Number:
                return Number(state, json.GetRawText());
            case JsonValueKind.True or JsonValueKind.False:
                return json.ValueKind == JsonValueKind.True;
            default:
                return null;
        }
    }

    private static object Number(RenderState state, string digits)
    {
        if (digits.AsSpan().IndexOfAny('.', 'e', 'E') >= 0)
            return double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            return number;
        if (digits.Length > TemplateLimits.IntegerBits / 3)
            throw state.Fail("an integer among the variables is too large");
        return Numbers.Checked(state, BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }

    private static string? Text(RenderState state, Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException fault)
        {
            throw new ChatTemplateException("a JSON string among the variables is not well-formed Unicode", state.At, innerException: fault);
        }
    }
}
