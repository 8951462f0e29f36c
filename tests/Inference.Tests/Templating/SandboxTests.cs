using System.Diagnostics;
using System.Text.Json;
using Inference.Templating;
using Inference.Tokenization;

namespace Inference.Tests.Templating;

/// <summary>Templates are untrusted: whatever they hold, parsing and rendering end soon, in a result or in a typed error.</summary>
public sealed class SandboxTests
{
    private static readonly DateTimeOffset _now = new(2025, 7, 10, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, string> Bombs() => new()
    {
        { "endless loop", "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}" },
        { "output", "{% for a in range(99999) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' * 1000 }}{% endfor %}" },
        { "doubling text", "{% set n = namespace(s='x') %}{% for a in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s|length }}" },
        { "doubling list", "{% set n = namespace(s=[1]) %}{% for a in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s|length }}" },
        { "doubling tree", "{% set n = namespace(s=[1]) %}{% for a in range(99) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}" },
        { "doubling tree compared", "{% set n = namespace(s=[1], t=[1]) %}{% for a in range(99) %}{% set n.s = [n.s, n.s] %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.s == n.t }}" },
        { "doubling tree as JSON", "{% set n = namespace(s=[1]) %}{% for a in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s|tojson }}" },
        { "deep list printed", "{% set n = namespace(s=[]) %}{% for a in range(99999) %}{% set n.s = [n.s] %}{% endfor %}{{ n.s }}" },
        { "deep list compared", "{% set n = namespace(s=[], t=[]) %}{% for a in range(9999) %}{% set n.s = [n.s] %}{% set n.t = [n.t] %}{% endfor %}{{ n.s == n.t }}" },
        { "deep list as key", "{% set n = namespace(s=()) %}{% for a in range(9999) %}{% set n.s = (n.s,) %}{% endfor %}{{ {n.s: 1} }}" },
        { "deep generators", "{% set n = namespace(s=[1]) %}{% for a in range(99999) %}{% set n.s = n.s|map('string') %}{% endfor %}{{ n.s|list }}" },
        { "namespace in itself", "{% set n = namespace() %}{% set n.n = n %}{{ n }}" },
        { "recursive macro", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}" },
        { "recursive macro twice", "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}" },
        { "recursive loop", "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}" },
        { "recursive default", "{% macro m(a=m()) %}{% endmacro %}{{ m() }}" },
        { "large power", "{{ 10 ** (10 ** 10) }}" },
        { "towering power", "{{ (9 ** 999) ** 999 }}" },
        { "large product", "{% set n = namespace(x=3) %}{% for a in range(999) %}{% set n.x = n.x * n.x %}{% endfor %}{{ n.x }}" },
        { "large text", "{{ 'x' * 10 ** 12 }}" },
        { "large list", "{{ [1] * 10 ** 12 }}" },
        { "large padding", "{{ 'x'.center(10 ** 12) }}" },
        { "large field", "{{ '%999999999d' % 1 }}" },
        { "large indent", "{{ 'a'|indent(10 ** 10, true) }}" },
        { "large batch", "{{ [1]|batch(10 ** 9, 0)|list }}" },
        { "large slice", "{{ [1]|slice(10 ** 9)|list }}" },
        { "large range", "{{ range(10 ** 9) }}" },
        { "slow search", "{% set a = 'a' * 4000000 %}{% set b = 'a' * 2000000 ~ 'b' %}{% for i in range(9999) %}{{ b in a }}{{ a.count(b) }}{{ a.find(b) }}{% endfor %}" },
        { "slow replace", "{% set a = 'a' * 8000000 %}{% for i in range(99999) %}{{ a.replace('a', 'bb')|length }}{% endfor %}" },
        { "slow strip", "{% set a = 'a' * 4000000 %}{% for i in range(99999) %}{{ a.strip('b' * 100000 ~ 'a') }}{% endfor %}" },
        { "slow length", "{% set a = 'a' * 8000000 %}{% for i in range(99999) %}{{ a|length }}{{ a == a ~ '' }}{% endfor %}" },
        { "slow key", "{% set a = 'a' * 8000000 %}{% set d = {a: 1} %}{% for i in range(99999) %}{{ d[a] }}{% endfor %}" },
        { "slow sort", "{% for i in range(999) %}{{ range(99999)|sort(reverse=true)|length }}{% endfor %}" },
        { "doubling mixed text", "{% set n = namespace(s='x' ~ 1) %}{% for a in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s|length }}" },
        { "slices of mixed text", "{% set s = ('x' ~ 1) %}{% for a in range(20) %}{% set s = s ~ s %}{% endfor %}{% set n = namespace(s=('x' ~ 1)) %}{% for a in range(20) %}{% set n.s = n.s ~ n.s %}{% endfor %}{% for a in range(99999) %}{{ n.s[1:]|length }}{{ n.s|upper|trim|length }}{% endfor %}" },
        { "characters of mixed text", "{% set n = namespace(s=('x' ~ 1)) %}{% for a in range(21) %}{% set n.s = n.s ~ n.s %}{% endfor %}{% for a in range(99999) %}{{ n.s|list|length }}{{ n.s[::2]|length }}{{ n.s.split('1')|length }}{% endfor %}" },
        { "many characters", "{% set s = 'x' * 16000000 %}{% set a = s|list %}{% set b = s|list %}{{ a|length }}" },
        { "slow split", "{% set a = 'a,' * 1000000 %}{% for i in range(999) %}{{ a.split(',')|length }}{% endfor %}" },
        { "slow join", "{% set a = ['x' * 1000000] * 1000 %}{{ a|join }}" },
        { "many names", "{% for i in range(99999) %}{% for j in range(99999) %}{% set x = [i, j, i, j] %}{% endfor %}{% endfor %}" },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void ABombIsAnErrorAndSoon(string name, string source)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source).Render(new Dictionary<string, object?>(), _now));
        Assert.Null(error.TemplateMessage);
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(5), $"{name} took {clock.Elapsed}");
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 6L << 30, $"{name} allocated {allocated >> 20} MiB in all");
    }

    [Theory]
    [InlineData("{{ ", "(", "")]
    [InlineData("{{ ", "[", "")]
    [InlineData("{{ ", "{1:", "")]
    [InlineData("{{ ", "-", "1 }}")]
    [InlineData("{{ ", "not ", "1 }}")]
    [InlineData("{{ ", "1 if 1 else ", "1 }}")]
    [InlineData("{{ ", "f(", "")]
    [InlineData("{{ ", "a[", "")]
    [InlineData("{{ a", ".b", " }}")]
    [InlineData("{{ a", "|default", "|nope }}")]
    [InlineData("{{ 1", "+1", " + 'a' }}")]
    [InlineData("{{ a", "(1)", " }}")]
    [InlineData("{{ 1", " and 1", " and a.b }}")]
    [InlineData("", "{% if 1 %}", "")]
    [InlineData("", "{% for a in b %}", "")]
    [InlineData("{% if 0 %}", "{% elif 0 %}", "")]
    [InlineData("", "{% filter upper %}", "")]
    [InlineData("{% set ", "(", "a = 1 %}")]
    [InlineData("{{ 'a' is ", "a.", "b }}")]
    [InlineData("{{ a(", "a=1, ", "b=2) }}")]
    [InlineData("{{ a(", "a, ", "b) }}")]
    [InlineData("{% macro m(", "a,", "b) %}{% endmacro %}")]
    [InlineData("", "{% macro m() %}{{ a|b }}{% endmacro %}", "")]
    [InlineData("", "{% raw %}", "")]
    [InlineData("", "{{ '", "")]
    [InlineData("{{ ", "1 is none ", "}}")]
    public void ADeepTemplateIsAnError(string start, string repeated, string end)
    {
        string source = start + string.Concat(Enumerable.Repeat(repeated, 100_000 / repeated.Length)) + end;
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source).Render(new Dictionary<string, object?>(), _now));
    }

    [Fact]
    public void ASourceThatIsTooLongIsRefused() =>
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(new string('x', (1 << 20) + 1)));

    [Fact]
    public void ADeepVariableIsAnError()
    {
        object? deep = null;
        for (int i = 0; i < 100_000; i++)
            deep = new List<object?> { deep };
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ deep }}").Render(new Dictionary<string, object?> { ["deep"] = deep }, _now));
    }

    [Fact]
    public void AVariableOfAnotherTypeIsRefusedByName()
    {
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(
            () => ChatTemplate.Parse("a\n{{ v }}").Render(new Dictionary<string, object?> { ["v"] = new Uri("http://localhost") }, _now));
        Assert.Contains("System.Uri", error.Message, StringComparison.Ordinal);
        Assert.Equal((2, 4), (error.Line, error.Column));
    }

    [Fact]
    public void TheCallersVariablesStayAsTheyAre()
    {
        var list = new List<object?> { 3L, 1L };
        var map = new Dictionary<string, object?> { ["a"] = list };
        ChatTemplate.Parse("{% set v = v|items|list %}{{ v }}{% set ns = namespace(v) %}{% set ns.a = 1 %}").Render(new Dictionary<string, object?> { ["v"] = map }, _now);
        Assert.Equal([3L, 1L], list);
        Assert.Same(list, map["a"]);
    }

    [Fact]
    public void OneTemplateRendersOnManyThreadsAtOnce()
    {
        ChatTemplate template = ChatTemplate.Parse("{% set ns = namespace(s=0) %}{% for i in range(n) %}{% set ns.s = ns.s + i %}{% endfor %}{{ ns.s }}");
        string[] results = new string[200];
        Parallel.For(0, results.Length, i => results[i] = template.Render(new Dictionary<string, object?> { ["n"] = i }, _now));
        for (long i = 0; i < results.Length; i++)
            Assert.Equal((i * (i - 1) / 2).ToString(System.Globalization.CultureInfo.InvariantCulture), results[i]);
    }

    [Theory]
    [InlineData("meta-llama-Llama-3.1-8B-Instruct.jinja")]
    [InlineData("Qwen-Qwen3-0.6B.jinja")]
    [InlineData("google-gemma-4-31B-it.jinja")]
    [InlineData("deepseek-ai-DeepSeek-V3.1.jinja")]
    [InlineData("mistralai-Ministral-3-14B-Reasoning-2512.jinja")]
    [InlineData("NVIDIA-Nemotron-3-Nano-30B-A3B-BF16.jinja")]
    public void ALongConversationStaysWithinTheLimits(string file)
    {
        string text = string.Concat(Enumerable.Repeat("A sentence of a long conversation. ", 60));
        object?[] messages = [.. Enumerable.Range(0, 2000).Select(i => new Dictionary<string, object?>
        {
            ["role"] = i % 2 == 0 ? "user" : "assistant",
            ["content"] = $"{text} {i}",
        })];
        string prompt = ChatTemplate.Parse(File.ReadAllText(TestData.Path($"chat-templates/models/{file}"))).Render(
            new Dictionary<string, object?> { ["messages"] = messages, ["add_generation_prompt"] = true, ["bos_token"] = "<s>", ["eos_token"] = "</s>" }, _now);
        Assert.True(prompt.Length > messages.Length * text.Length);
    }

    [Fact]
    public void TenThousandMutatedTemplatesAndContextsEndInAResultOrAnError()
    {
        string[] sources = [.. Directory.GetFiles(TestData.Path("chat-templates/models"), "*.jinja").Order(StringComparer.Ordinal).Select(File.ReadAllText)];
        JsonElement cases = JsonDocument.Parse(File.ReadAllText(TestData.Path("chat-templates/semantics.python-golden.json"))).RootElement.GetProperty("cases");
        string[] fragments = [.. cases.EnumerateArray().Select(item => item.GetProperty("template").GetString()!)];
        var context = new MutatedContext(File.ReadAllText(TestData.Path("chat-templates/contexts/tool_use.json")));
        int results = 0;
        int errors = 0;
        Parallel.For(0, 10_000, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed =>
        {
            var random = new Random(seed);
            // Of a third each: the template, the context, both.
            string source = seed % 3 == 0 ? sources[random.Next(sources.Length)] : Mutate(random, sources, fragments);
            Dictionary<string, object?> variables = context.Create(random, seed % 3 == 1 ? 0 : random.Next(1, 6));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                IReadOnlyList<TextSegment> segments = ChatTemplate.Parse(source).RenderSegments(variables, _now);
                Assert.True(segments.Sum(segment => segment.Text.Length) <= 1 << 24);
                // Whatever the template does to them, the variables' characters never count as its own.
                Assert.DoesNotContain(segments, segment => segment.ParsesSpecial && segment.Text.AsSpan().IndexOfAny(MutatedContext.Alphabet) >= 0 && !source.AsSpan().ContainsAny(MutatedContext.Alphabet));
                Interlocked.Increment(ref results);
            }
            catch (ChatTemplateException)
            {
                Interlocked.Increment(ref errors);
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 1L << 30, $"seed {seed} allocated {allocated >> 20} MiB in all");
        });
        // Both must be common, or the mutations show nothing.
        Assert.True(results > 1000 && errors > 1000, $"{results} results, {errors} errors");
    }

    private static string Mutate(Random random, string[] sources, string[] fragments)
    {
        string source = random.Next(2) == 0 ? sources[random.Next(sources.Length)] : string.Concat(random.GetItems(fragments, 4));
        for (int i = random.Next(1, 4); i > 0 && source.Length > 0; i--)
        {
            int at = random.Next(source.Length);
            int length = Math.Min(random.Next(1, 20), source.Length - at);
            source = random.Next(5) switch
            {
                0 => source.Remove(at, length),
                1 => source.Insert(random.Next(source.Length), source.Substring(at, length)),
                2 => source[..at] + (char)random.Next(random.Next(2) == 0 ? 128 : 0x10000) + source[(at + 1)..],
                3 => source.Insert(at, fragments[random.Next(fragments.Length)]),
                _ => source.Insert(at, random.GetItems([" ", "%}", "{%", "}}", "{{", "-", "'", "(", ")", "[", "]", "**", "99999999", "not ", "|", ".", "is ", "{#"], 1)[0]),
            };
        }
        return source;
    }
}
