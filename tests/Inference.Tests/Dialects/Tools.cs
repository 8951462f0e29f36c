using System.Text.Json;

namespace Inference.Tests.Dialects;

/// <summary>Tools for tests.</summary>
internal static class Tools
{
    public static readonly ToolDefinition Weather = new("get_weather", "Tells the weather.", Schema("""
        {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},"exact":{"type":"boolean"},"tags":{"type":"array","items":{"type":"string"}}},"required":["city"]}
        """));

    public static readonly ToolDefinition Time = new("get_time", "Tells the time.", Schema("""{"type":"object","properties":{}}"""));

    public static readonly ToolDefinition Python = new("python", "Runs code.", Schema("""{"type":"object","properties":{"code":{"type":"string"}},"required":["code"]}"""));

    public static readonly ToolDefinition[] All = [Weather, Time, Python];

    private static JsonElement Schema(string json) => JsonDocument.Parse(json).RootElement;
}
