using Inference.Formats;

namespace Inference.Tests.Models;

/// <summary>A SentencePiece vocabulary of any size: unknown, begin, end, all bytes, then made-up pieces.</summary>
internal static class MadeUpVocabulary
{
    /// <param name="count">Tokens, at least 300.</param>
    public static Dictionary<string, GgufValue> Of(int count)
    {
        var tokens = new List<string> { "<unk>", "<s>", "</s>" };
        var types = new List<int> { 2, 3, 3 };
        for (int i = 0; i < 256; i++)
        {
            tokens.Add($"<0x{i:X2}>");
            types.Add(6);
        }

        // A space, letters, then pairs and triples of letters, so that merges have something to find.
        tokens.Add("\u2581");
        for (int i = 0; tokens.Count < count; i++)
        {
            string piece = "" + (char)('a' + i % 26);
            for (int rest = i / 26; rest > 0; rest = (rest - 1) / 26)
                piece += (char)('a' + (rest - 1) % 26);
            tokens.Add(piece);
        }

        types.AddRange(Enumerable.Repeat(1, tokens.Count - types.Count));
        float[] scores = [.. tokens.Select((_, i) => i < 259 ? 0f : -(i - 259))];
        return new Dictionary<string, GgufValue>
        {
            ["tokenizer.ggml.model"] = GgufValue.From("llama"),
            ["tokenizer.ggml.tokens"] = GgufValue.From(tokens.ToArray()),
            ["tokenizer.ggml.scores"] = GgufValue.From(scores),
            ["tokenizer.ggml.token_type"] = GgufValue.From(types.ToArray()),
            ["tokenizer.ggml.bos_token_id"] = GgufValue.From(1u),
            ["tokenizer.ggml.eos_token_id"] = GgufValue.From(2u),
            ["tokenizer.ggml.unknown_token_id"] = GgufValue.From(0u),
        };
    }
}
