using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Inference.Cpu;
using Inference.Execution;
using Inference.Tests.Engine;
using Inference.Tests.Formats;

namespace Inference.Tests.Dialects;

/// <summary>An engine that says what it is told to: the question "#7" is answered with script 7, token by token.</summary>
internal sealed partial class ScriptedModel : IAsyncDisposable
{
    public const string Template = "{% if tools %}tools: {{ tools|length }}\n{% endif %}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

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
    /// <param name="marks">Tokens to add: those with "!" before them have text, the others are special.</param>
    /// <param name="scripts">What it says; marks in it become tokens.</param>
    /// <param name="random">Cuts the scripts into tokens; null for characters.</param>
    /// <param name="options">Changes the engine's options.</param>
    /// <param name="ends">The marks that end an answer.</param>
    public static async Task<ScriptedModel> LoadAsync(
        string template, string[] marks, string[] scripts, Random? random = null, Func<EngineOptions, EngineOptions>? options = null, string[]? ends = null)
    {
        var model = new ScriptedModel(new TemporaryFolder(), scripts.Length);
        foreach (string file in (string[])["config.json", "model.safetensors"])
            File.Copy(TestData.Path($"models/TinyStories-656K/{file}"), model._folder.PathOf(file));
        File.WriteAllText(model._folder.PathOf("chat_template.jinja"), template);
        model.WriteVocabulary(marks, ends ?? [], scripts, random);
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

    /// <summary>A vocabulary of bytes, ASCII characters, the marks, and pieces of the scripts.</summary>
    private void WriteVocabulary(string[] marks, string[] ends, string[] scripts, Random? random)
    {
        var vocabulary = new Dictionary<string, int>();
        void Add(string text) => vocabulary.TryAdd(text, vocabulary.Count);
        string[] specials = ["<unk>", "<s>", "</s>", .. marks];
        Array.ForEach(specials, text => Add(text.TrimStart('!')));
        for (int i = 0; i < 256; i++)
            Add($"<0x{i:X2}>");
        for (char c = ' '; c <= '~'; c++)
            Add(c.ToString());
        while (random is not null && vocabulary.Count < 1200)
        {
            string script = scripts[random.Next(scripts.Length)];
            int start = random.Next(script.Length);
            string piece = script.Substring(start, Math.Min(random.Next(2, 12), script.Length - start));
            // Neither half a character, nor what looks like a byte.
            if (!char.IsLowSurrogate(piece[0]) && !char.IsHighSurrogate(piece[^1]) && !piece.StartsWith("<0x", StringComparison.Ordinal))
                Add(piece);
            else
                Add($"piece {vocabulary.Count}");
        }

        var added = specials.Select(text => new { id = vocabulary[text.TrimStart('!')], content = text.TrimStart('!'), single_word = false, lstrip = false, rstrip = false, normalized = false, special = !text.StartsWith('!') });
        File.WriteAllText(_folder.PathOf("tokenizer.json"), JsonSerializer.Serialize(new
        {
            version = "1.0",
            added_tokens = added,
            decoder = new { type = "Sequence", decoders = (object[])[new { type = "ByteFallback" }, new { type = "Fuse" }] },
            model = new { type = "BPE", byte_fallback = true, unk_token = "<unk>", fuse_unk = true, vocab = vocabulary, merges = Array.Empty<string>() },
        }));
        int[] ids = [2, .. ends.Select(text => vocabulary[text])];
        File.WriteAllText(_folder.PathOf("generation_config.json"), JsonSerializer.Serialize(new { bos_token_id = 1, eos_token_id = ids }));
    }

    private IEnumerable<int> Tokenize(string script, string[] marks, Random? random)
    {
        Dictionary<string, int> ids = Enumerable.Range(0, Engine.Tokenizer.VocabularySize).ToDictionary(id => Engine.Tokenizer.TokenText(id)!);
        for (int at = 0; at < script.Length;)
        {
            string? mark = marks.Select(text => text.TrimStart('!')).Where(text => string.CompareOrdinal(script, at, text, 0, text.Length) == 0).MaxBy(text => text.Length);
            if (mark is not null)
            {
                at += mark.Length;
                yield return ids[mark];
                continue;
            }

            int next = marks.Select(text => script.IndexOf(text.TrimStart('!'), at, StringComparison.Ordinal)).Where(place => place >= 0).DefaultIfEmpty(script.Length).Min();
            int[] lengths = [.. Enumerable.Range(1, Math.Min(12, next - at)).Where(length => ids.ContainsKey(script.Substring(at, length)))];
            if (lengths.Length > 0 && random?.Next(8) != 0)
            {
                int length = random is null ? lengths[0] : lengths[random.Next(lengths.Length)];
                yield return ids[script.Substring(at, length)];
                at += length;
                continue;
            }

            Rune rune = Rune.GetRuneAt(script, at);
            at += rune.Utf16SequenceLength;
            foreach (byte value in Encoding.UTF8.GetBytes(rune.ToString()))
                yield return ids[$"<0x{value:X2}>"];
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
