using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Inference.Dialects;
using Inference.Tokenization;

namespace Inference.Tests.Dialects;

/// <summary>Streams that no model was trained to say: nothing is lost, whatever they are and however they are cut.</summary>
public sealed class HostileStreamTests
{
    private static readonly string[] _fragments =
    [
        .. Families.Marks,
        .. Families.Marks.Select(mark => mark[..(mark.Length / 2)]),
        " ", "\n", "\n\n", "a", "Paris", "🏔", "é", "{", "}", "[", "]", "\"", "\\", ",", ":", ";", "(", ")", "=", "'", "<", ">", "|", "```json\n", "```",
        "{\"name\": \"get_time\", \"arguments\": {}}", "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\"}}", "{\"name\": \"", "[{\"get_time\": {}}]", "{}", "{\"x\": 1}",
        "get_time", "functions.get_time:0", "function", "<function=get_time>", "</function>", "<parameter=x>", "</parameter>", "call:get_time{", "[get_time()]", "get_weather.call(city=\"x\")",
        "analysis", "final", "commentary", "assistant", " to=functions.get_time", "to=", "<invoke name=\"a\">", "</invoke>",
    ];

    [Fact]
    public void Nothing_is_lost_and_no_cut_matters() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<int>(),
            ArbMap.Default.ArbFor<byte[]>(),
            (seed, shape) =>
            {
                var random = new Random(seed);
                // A dialect of some families' marks, each a token or not.
                string[] shown = [.. Families.Marks.Where(_ => random.Next(6) == 0), .. random.Next(5) == 0 ? Families.Harmony : [], random.Next(3) == 0 ? "{\"name\": function name, \"parameters\":" : ""];
                string[] tokens = [.. shown.Where(mark => Families.Marks.Contains(mark) && random.Next(2) == 0)];
                Dialect dialect = Dialect.Find(SpokenAnswer.Alphabet(tokens), string.Join(' ', shown));
                var text = new StringBuilder();
                for (int i = 0; i < shape.Length + random.Next(30); i++)
                    text.Append(random.Next(3) > 0 && shown.Length > 0 ? shown[random.Next(shown.Length)] : _fragments[random.Next(_fragments.Length)]);
                string prompt = random.Next(3) == 0 && shown.Length > 0 ? shown[random.Next(shown.Length)] : "";
                // Some marks as tokens, some spelled where there is a token.
                string said = text.ToString();
                string encoded = random.Next(3) == 0 ? said : dialect.Alphabet.Encode(said);
                ToolDefinition[] tools = random.Next(4) == 0 ? [] : Tools.All;

                SpokenAnswer whole = SpokenAnswer.ReadEncoded(dialect, dialect.Alphabet.Encode(prompt), encoded, tools);
                SpokenAnswer cut = SpokenAnswer.ReadEncoded(dialect, dialect.Alphabet.Encode(prompt), encoded, tools, () => random.Next(1, 1 + random.Next(1, 12)));
                return whole.Raw == dialect.Alphabet.Spell(encoded)
                    && (cut.Raw, cut.Reasoning, cut.Text) == (whole.Raw, whole.Reasoning, whole.Text)
                    && cut.Calls.SequenceEqual(whole.Calls)
                    && (tools.Length > 0 || whole.Calls.Count == 0)
                    && whole.Calls.All(call => call.Name.Length > 0 && JsonCalls.Arguments(call.Arguments) is not null);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Fact]
    public async Task Tokens_become_the_text_of_a_plain_generation_with_marks_where_they_were()
    {
        string[] marks = ["!<think>", "!</think>", "<|special|>", "<|channel|>", "[TOOL_CALLS]"];
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ScriptedModel.Template, marks, ["<think>Hello, 🏔 world! STOP and </think> go."], new Random(5));
        Tokenizer tokenizer = model.Engine.Tokenizer;
        int[] pool = [.. model.Script(0), .. Enumerable.Range(0, 40), .. Encoding.UTF8.GetBytes("é🏔").Select(value => Id($"<0x{value:X2}>"))];
        var alphabet = new MarkAlphabet(tokenizer.Vocabulary, Families.Marks);
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            string[] stops = [.. ((string[])["o", "STOP", "k>", "<thi", "nk>H", "é", "ink> ", "</think>"]).Where(_ => random.Next(4) == 0)];
            int[] tokens = [.. Enumerable.Range(0, random.Next(40)).Select(_ => pool[random.Next(pool.Length)])];
            var plain = new TextStream(tokenizer, stops);
            var spoken = new SpokenText(tokenizer, alphabet, stops, default);
            string expected = string.Concat(tokens.Select(plain.Append)) + plain.Flush();
            string actual = string.Concat(tokens.Select(spoken.Append)) + spoken.Flush();
            // A mark's own text is what a plain generation has of it; special ones have none.
            string spelled = string.Concat(actual.Select(c => !alphabet.IsCode(c) || char.IsLowSurrogate(c) && IsSecond(actual, c) ? c.ToString() : alphabet.Spelling(c) is "<think>" or "</think>" ? alphabet.Spelling(c) : ""));
            return spelled == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

        int Id(string text) => Enumerable.Range(0, tokenizer.VocabularySize).First(id => tokenizer.TokenText(id) == text);

        // The only pair of the pool is U+1F3D4, whose second half no code is.
        static bool IsSecond(string text, char c) => c == '\uDFD4';
    }

    [Theory]
    [InlineData("<tool_call>", 20_000)]
    [InlineData("</tool_call>", 20_000)]
    [InlineData("<tool_call>{\"name\": \"a\", \"arguments\": {\"x\": \"</tool_call>", 6_000)]
    [InlineData("<function=a><parameter=b>", 10_000)]
    [InlineData("[TOOL_CALLS]a[ARGS]{", 10_000)]
    [InlineData("<think></think>", 20_000)]
    [InlineData("[[[[[[[[{\"a\":", 20_000)]
    [InlineData(" \n", 100_000)]
    [InlineData("<|channel|>x<|message|>", 10_000)]
    [InlineData("<|tool_call>call:f{x:{", 10_000)]
    public void Long_and_repetitive_answers_end(string part, int times)
    {
        string said = string.Concat(Enumerable.Repeat(part, times));
        Dialect dialect = Dialect.Find(SpokenAnswer.Alphabet([]), string.Join(' ', Families.Marks.Where(mark => !Families.Harmony.Contains(mark) || part.StartsWith("<|channel|>", StringComparison.Ordinal))));
        foreach (int width in (int[])[5, 100_000])
            Assert.Equal(said, SpokenAnswer.Read(dialect, "", said, Tools.All, () => width).Raw);
    }
}
