using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Inference.Cpu;
using Inference.Execution;
using Inference.Tests.Engine;
using Inference.Tests.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Dialects;

/// <summary>An engine that says what it is told to: the question "#7" is answered with script 7, token by token.</summary>
internal sealed partial class ScriptedModel : IAsyncDisposable
{
    public const string Template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

    // Bytes that no UTF-8 has: their tokens can become marks.
    private static readonly byte[] _freeBytes = [0xC0, 0xC1, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF];

    private readonly TemporaryFolder _folder;
    private readonly int[][] _scripts;
    private readonly Dictionary<int, (List<int> Prompt, bool Complete)> _sequences = [];
    private readonly List<int> _forced = [];

    private ScriptedModel(TemporaryFolder folder, int scripts)
    {
        _folder = folder;
        _scripts = new int[scripts][];
    }

    public InferenceEngine Engine { get; private set; } = null!;

    /// <summary>Called at the start of every step.</summary>
    public Action<int>? OnStep { get; set; }

    /// <summary>Loads a small model with marks and scripts.</summary>
    /// <param name="template">Its chat template.</param>
    /// <param name="marks">Tokens to add, at most 13: those with "!" before them have text, the others are special.</param>
    /// <param name="scripts">What it says; marks in it become tokens.</param>
    /// <param name="random">Cuts the scripts into tokens; null for the shortest ones.</param>
    /// <param name="options">Changes the engine's options.</param>
    /// <param name="ends">The marks that end an answer.</param>
    public static async Task<ScriptedModel> LoadAsync(
        string template, string[] marks, string[] scripts, Random? random = null, Func<EngineOptions, EngineOptions>? options = null, string[]? ends = null)
    {
        var model = new ScriptedModel(new TemporaryFolder(), scripts.Length);
        foreach (string file in Directory.GetFiles(TestData.Path("models/TinyStories-656K")).Where(file => !file.EndsWith(".gguf", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(model._folder.Path, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(model._folder.Path, "chat_template.jinja"), template);
        model.AddMarks(marks, ends ?? []);
        var device = new DelegatingDevice(new CpuDevice(1)) { OnStep = model.Plan, OnReadArgMax = model.Force, OnRead = model.ForceRow };
        var standard = new EngineOptions { Device = device, ContextLength = 512, KvCacheTokens = 8192, KvBlockSize = 16, PrefixCaching = false, MaxSequences = 64 };
        model.Engine = await InferenceEngine.LoadAsync(model._folder.Path, options?.Invoke(standard) ?? standard);
        for (int i = 0; i < scripts.Length; i++)
            model._scripts[i] = [.. model.Tokenize(scripts[i], marks, random)];
        return model;
    }

    /// <summary>A conversation that asks for a script.</summary>
    public static Message[] Ask(int script) => [new("user", $"#{script}.")];

    /// <summary>The tokens of a script.</summary>
    public int[] Script(int index) => _scripts[index];

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _folder.Dispose();
    }

    private void AddMarks(string[] marks, string[] ends)
    {
        string path = Path.Combine(_folder.Path, "tokenizer.json");
        JsonNode json = JsonNode.Parse(File.ReadAllText(path))!;
        JsonObject vocabulary = json["model"]!["vocab"]!.AsObject();
        JsonArray added = json["added_tokens"]!.AsArray();
        var endIds = new JsonArray(2);
        for (int i = 0; i < marks.Length; i++)
        {
            string old = $"<0x{_freeBytes[i]:X2}>";
            int id = vocabulary[old]!.GetValue<int>();
            vocabulary.Remove(old);
            string text = marks[i].TrimStart('!');
            vocabulary[text] = id;
            added.Add(new JsonObject { ["id"] = id, ["content"] = text, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = !marks[i].StartsWith('!') });
            if (ends.Contains(text))
                endIds.Add(id);
        }

        File.WriteAllText(path, json.ToJsonString());
        path = Path.Combine(_folder.Path, "generation_config.json");
        json = JsonNode.Parse(File.ReadAllText(path))!;
        json["eos_token_id"] = endIds;
        File.WriteAllText(path, json.ToJsonString());
    }

    private IEnumerable<int> Tokenize(string script, string[] marks, Random? random)
    {
        Tokenizer tokenizer = Engine.Tokenizer;
        ILookup<string, int> pieces = Enumerable.Range(0, tokenizer.VocabularySize)
            .Where(id => tokenizer.Vocabulary.Kind(id) == TokenKind.Normal && tokenizer.WholeText(id) is { Length: > 0 })
            .ToLookup(id => tokenizer.WholeText(id)!);
        for (int at = 0; at < script.Length;)
        {
            string? mark = marks.Select(text => text.TrimStart('!')).Where(text => string.CompareOrdinal(script, at, text, 0, text.Length) == 0).MaxBy(text => text.Length);
            if (mark is not null)
            {
                at += mark.Length;
                yield return Enumerable.Range(0, tokenizer.VocabularySize).First(id => tokenizer.TokenText(id) == mark);
                continue;
            }

            int[] lengths = [.. Enumerable.Range(1, Math.Min(12, script.Length - at)).Where(length => pieces.Contains(script.Substring(at, length)) && !marks.Any(text => script.AsSpan(at, length).Contains(text.TrimStart('!'), StringComparison.Ordinal)))];
            if (lengths.Length > 0)
            {
                int length = random is null ? lengths[0] : lengths[random.Next(lengths.Length)];
                yield return pieces[script.Substring(at, length)].First();
                at += length;
                continue;
            }

            Rune rune = Rune.GetRuneAt(script, at);
            at += rune.Utf16SequenceLength;
            foreach (byte value in Encoding.UTF8.GetBytes(rune.ToString()))
                yield return Enumerable.Range(0, tokenizer.VocabularySize).First(id => tokenizer.TokenText(id) == $"<0x{value:X2}>");
        }
    }

    private void Plan(int step, StepBatch batch)
    {
        OnStep?.Invoke(step);
        _forced.Clear();
        foreach (SequenceSlice slice in batch.Sequences)
        {
            int key = batch.Blocks[slice.FirstBlock];
            if (slice.FirstPosition == 0)
                _sequences[key] = ([], false);
            (List<int> prompt, bool complete) = _sequences[key];
            if (!complete)
                prompt.AddRange(batch.Tokens.Slice(slice.FirstRow, slice.RowCount));
            int last = slice.FirstRow + slice.RowCount - 1;
            if (batch.LogitRows.IndexOf(last) < 0)
                continue;
            _sequences[key] = (prompt, true);
            int[] script = _scripts[int.Parse(Question().Match(Engine.Tokenizer.Decode(prompt.ToArray())).Groups[1].Value, CultureInfo.InvariantCulture)];
            int next = batch.Positions[last] + 1 - prompt.Count;
            _forced.Add(next < script.Length ? script[next] : 2);
        }
    }

    private void Force(Span<int> tokens)
    {
        for (int i = 0; i < Math.Min(tokens.Length, _forced.Count); i++)
            tokens[i] = _forced[i];
    }

    private float[] ForceRow(ReadOnlyMemory<float> row)
    {
        var forced = new float[row.Length];
        forced[_forced.Count == 1 ? _forced[0] : throw new InvalidOperationException("One at a time.")] = 20;
        return forced;
    }

    [GeneratedRegex(@"#(\d+)", RegexOptions.RightToLeft)]
    private static partial Regex Question();
}
