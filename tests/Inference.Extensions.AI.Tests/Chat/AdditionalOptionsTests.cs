using System.Text.Json;
using Inference.Extensions.AI.Chat;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>What the abstractions have no field for.</summary>
public sealed class AdditionalOptionsTests
{
    private static readonly Dictionary<string, (object Value, object Expected)> _known = new()
    {
        ["MinP"] = (0.25f, 0.25f),
        ["RepetitionPenalty"] = ("1.5", 1.5f),
        ["LogitBias"] = (new Dictionary<int, float> { [7] = -1 }, new Dictionary<int, float> { [7] = -1 }),
        ["LogProbabilities"] = (3L, 3),
        ["Priority"] = (-4, -4),
        ["Deadline"] = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)),
        ["CacheSalt"] = ("salt", "salt"),
        ["TenantId"] = ("me", "me"),
        ["ContextPolicy"] = (ContextPolicy.SlidingWindow(3), ContextPolicy.SlidingWindow(3)),
        ["Coalesce"] = (true, true),
        ["IgnoreEndOfText"] = ("true", true),
    };

    /// <summary>What ChatOptions itself has.</summary>
    private static readonly string[] _fields = ["MaxOutputTokens", "Temperature", "TopK", "TopP", "FrequencyPenalty", "PresencePenalty", "Seed", "StopSequences"];

    [Fact]
    public void Every_option_of_a_generation_can_be_asked_for_in_one_place()
    {
        foreach (string name in typeof(GenerationOptions).GetProperties().Select(property => property.Name))
        {
            if (_fields.Contains(name))
            {
                Assert.Contains(name, Assert.Throws<NotSupportedException>(() => Apply((name, 1))).Message, StringComparison.Ordinal);
                continue;
            }

            (object value, object expected) = _known[name];
            Assert.Equal(expected, typeof(GenerationOptions).GetProperty(name)!.GetValue(Apply((name, value)).Generation));
        }
    }

    [Fact]
    public void Names_may_be_written_with_underscores_and_values_come_from_JSON()
    {
        JsonElement json = JsonElement.Parse("""{"min_p":0.5,"cache_salt":"s","logit_bias":{"3":-2.5},"deadline":"00:00:10","ignore_end_of_text":true,"context_policy":"drop_oldest_turns","log_probabilities":null}""");
        (GenerationOptions options, _) = Apply([.. json.EnumerateObject().Select(member => (member.Name, (object?)member.Value))]);
        Assert.Equal((0.5f, "s", TimeSpan.FromSeconds(10), true), (options.MinP, options.CacheSalt, options.Deadline, options.IgnoreEndOfText));
        Assert.Equal(-2.5f, Assert.Single(options.LogitBias!).Value);
        Assert.Same(ContextPolicy.DropOldestTurns, options.ContextPolicy);
        Assert.Null(options.LogProbabilities);
    }

    [Fact]
    public void The_template_can_be_told_things()
    {
        (_, ChatTemplateOptions template) = Apply(
            ("enable_thinking", false),
            ("continue_final_message", true),
            ("chat_template_kwargs", new Dictionary<string, object?> { ["documents"] = new[] { "a" }, ["date"] = "today" }));
        Assert.False(template.EnableThinking);
        Assert.True(template.ContinueFinalMessage);
        Assert.Equal(["a"], Assert.IsType<string[]>(template.Variables["documents"]));
        Assert.Equal("today", template.Variables["date"]);
    }

    [Theory]
    [InlineData("priority", 1.5)]
    [InlineData("priority", "high")]
    [InlineData("priority", null)]
    [InlineData("min_p", true)]
    [InlineData("coalesce", "perhaps")]
    [InlineData("deadline", 30)]
    [InlineData("deadline", "soon")]
    [InlineData("logit_bias", "7")]
    [InlineData("context_policy", "SlidingWindow(0)")]
    [InlineData("context_policy", "forget")]
    [InlineData("chat_template_kwargs", 1)]
    public void A_value_that_means_nothing_is_refused_by_name(string name, object? value)
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => Apply((name, value)));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_known_ones_and_the_same_twice_is_refused()
    {
        string message = Assert.Throws<NotSupportedException>(() => Apply(("minp2", 1))).Message;
        Assert.Contains("minp2", message, StringComparison.Ordinal);
        Assert.Contains("MinP", message, StringComparison.Ordinal);
        Assert.Contains("min_p", Assert.Throws<ArgumentException>(() => Apply(("MinP", 0.5), ("min_p", 0.5))).Message, StringComparison.Ordinal);
    }

    private static (GenerationOptions Generation, ChatTemplateOptions Template) Apply(params (string Name, object? Value)[] properties)
    {
        var all = new AdditionalPropertiesDictionary();
        foreach ((string name, object? value) in properties)
            all[name] = value;
        return AdditionalOptions.Apply(all, new GenerationOptions(), new ChatTemplateOptions());
    }
}
