using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Inference.Templating;

namespace Inference.Tests.Templating;

/// <summary>Holds renderings against those of Python's Jinja2, errors included.</summary>
public sealed class GoldenTests
{
    private static readonly ConcurrentDictionary<string, JsonElement> _files = new();
    private static readonly DateTimeOffset _now = DateTimeOffset.Parse("2025-07-10T12:00:00Z", CultureInfo.InvariantCulture);

    public static TheoryData<string> LanguageCases() =>
        [.. Read("jinja-language/templates.python-golden.json").GetProperty("cases").EnumerateArray().Select(item => item.GetProperty("name").GetString()!)];

    public static TheoryData<string> Models() =>
        [.. Directory.GetFiles(TestData.Path("chat-templates/models"), "*.jinja").Select(path => Path.GetFileName(path))];

    public static TheoryData<string> ErrorCases() =>
        [.. Read("jinja-language/errors.json").EnumerateArray().Select(item => item.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(LanguageCases))]
    public void EveryLanguageCaseRendersAsInPython(string name)
    {
        JsonElement item = Read("jinja-language/templates.python-golden.json").GetProperty("cases").EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == name);
        Check(item.GetProperty("template").GetString()!, Variables(item.GetProperty("context")), item.GetProperty("python_trim_lstrip"), name);
    }

    [Theory]
    [MemberData(nameof(ErrorCases))]
    public void EveryErrorCaseIsAnError(string name)
    {
        JsonElement item = Read("jinja-language/errors.json").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);
        Dictionary<string, object?> variables = item.TryGetProperty("context", out JsonElement context) ? Variables(context) : [];
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(
            () => ChatTemplate.Parse(item.GetProperty("template").GetString()!).Render(variables, _now));
        Assert.True(error.Line >= 1 && error.Column >= 1);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void EveryModelTemplateRendersAsInPython(string file)
    {
        JsonElement[] cases = [.. Read("models.python-golden.json").GetProperty("cases").EnumerateArray()
            .Where(item => item.GetProperty("template").GetString() == file)];
        Assert.Equal(8, cases.Length);
        string source = File.ReadAllText(TestData.Path($"chat-templates/models/{file}"));
        foreach (JsonElement item in cases)
        {
            Dictionary<string, object?> variables = Variables(Read($"contexts/{item.GetProperty("context").GetString()}.json"));
            variables["add_generation_prompt"] = item.GetProperty("add_generation_prompt").GetBoolean();
            Check(source, variables, item, $"{file} {item.GetProperty("context")}");
        }
    }

    [Fact]
    public void EveryOperationMeansWhatItMeansInPython()
    {
        JsonElement golden = Read("semantics.python-golden.json");
        Dictionary<string, object?> variables = Variables(golden.GetProperty("context"));
        var failures = new List<string>();
        foreach (JsonElement item in golden.GetProperty("cases").EnumerateArray())
        {
            string source = item.GetProperty("template").GetString()!;
            try
            {
                Check(source, variables, item, source);
            }
            catch (Exception failure) when (failure is Xunit.Sdk.XunitException or ChatTemplateException)
            {
                failures.Add($"{source}\n{failure.Message}\n{item}");
            }
        }
        Assert.True(failures.Count == 0, $"{failures.Count} differ:\n{string.Join("\n\n", failures.Take(300))}");
    }

    private static void Check(string source, Dictionary<string, object?> variables, JsonElement expected, string name)
    {
        if (expected.TryGetProperty("output", out JsonElement output))
        {
            Assert.Equal(output.GetString(), ChatTemplate.Parse(source).Render(variables, _now));
            return;
        }
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source).Render(variables, _now));
        string message = expected.GetProperty("error").GetString()!;
        if (message.StartsWith("TemplateError: ", StringComparison.Ordinal))
            Assert.Equal(message["TemplateError: ".Length..], error.TemplateMessage);
        else
            Assert.True(error.TemplateMessage is null, $"{name}: {error.Message}");
    }

    private static Dictionary<string, object?> Variables(JsonElement context) =>
        context.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value);

    private static JsonElement Read(string file) => _files.GetOrAdd(
        file, static name => JsonDocument.Parse(File.ReadAllText(TestData.Path($"chat-templates/{name}"))).RootElement);
}
