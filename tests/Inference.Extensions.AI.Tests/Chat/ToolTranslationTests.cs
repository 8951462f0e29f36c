using System.ComponentModel;
using System.Text.Json;
using Inference.Extensions.AI.Chat;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>Tools as the template is told of them.</summary>
public sealed class ToolTranslationTests
{
    [Fact]
    public void A_function_is_told_with_its_schema()
    {
        AIFunction function = AIFunctionFactory.Create(([Description("Where")] string city, int days = 1) => $"{city} {days}", "weather", "Tells the weather.");
        ToolDefinition tool = Assert.Single(ToolTranslation.Read(new ChatOptions { Tools = [function] }));
        Assert.Equal(("weather", "Tells the weather."), (tool.Name, tool.Description));
        Assert.Equal("object", tool.Parameters.GetProperty("type").GetString());
        Assert.Equal("Where", tool.Parameters.GetProperty("properties").GetProperty("city").GetProperty("description").GetString());
        Assert.Equal("city", Assert.Single(tool.Parameters.GetProperty("required").EnumerateArray()).GetString());
    }

    [Fact]
    public void A_declaration_without_a_body_is_a_tool_too()
    {
        AIFunctionDeclaration declaration = AIFunctionFactory.CreateDeclaration("look", null, JsonElement.Parse("{}"));
        ToolDefinition tool = Assert.Single(ToolTranslation.Read(new ChatOptions { Tools = [declaration] }));
        Assert.Equal("object", tool.Parameters.GetProperty("type").GetString());
        Assert.Empty(tool.Parameters.GetProperty("properties").EnumerateObject());
        Assert.Equal("", tool.Description);
    }

    [Fact]
    public void Two_of_a_name_a_null_and_a_schema_that_is_none_are_refused()
    {
        AITool one = AIFunctionFactory.CreateDeclaration("one", null, JsonElement.Parse("{}"));
        Assert.Contains("\"one\"", Assert.Throws<ArgumentException>(() => ToolTranslation.Read(new ChatOptions { Tools = [one, one] })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ToolTranslation.Read(new ChatOptions { Tools = [null!] }));
        AITool odd = AIFunctionFactory.CreateDeclaration("odd", null, JsonElement.Parse("[1]"));
        Assert.Contains("\"odd\"", Assert.Throws<NotSupportedException>(() => ToolTranslation.Read(new ChatOptions { Tools = [odd] })).Message, StringComparison.Ordinal);
    }
}
