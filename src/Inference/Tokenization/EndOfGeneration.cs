using System.Collections.Frozen;

namespace Inference.Tokenization;

/// <summary>Which tokens end a generation.</summary>
internal static class EndOfGeneration
{
    // Files often declare one end token and train with two: the end of a text and the end of a turn. What the models in use call them:
    private static readonly FrozenSet<string> _spellings = FrozenSet.Create(
        StringComparer.Ordinal,
        "</s>", "<eos>", "[EOS]", "<|endoftext|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>",
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<turn|>", "<end_of_utterance>",
        "<EOT>", "_<EOT>", "[EOT]", "<|EOT|>", "<|eot|>", "<|eom_id|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
        "<|END_OF_TURN_TOKEN|>", "<|tool_response>", "[|endofturn|]", "<|assistant_end|>", "<seed:eos>", "[e~[");

    /// <summary>The declared tokens, and the marks with a spelling that is known to mean an end.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="declared">What the file declares.</param>
    public static FrozenSet<int> Find(Vocabulary vocabulary, IEnumerable<int> declared)
    {
        HashSet<int> ends = [];
        Dictionary<string, int> found = [];
        for (int i = 0; i < vocabulary.Count; i++)
        {
            if (vocabulary.Kind(i) is TokenKind.Control or TokenKind.UserDefined && vocabulary.Text(i) is string text && _spellings.Contains(text))
                found.TryAdd(text, i);
        }

        ends.UnionWith(found.Values);
        ends.UnionWith(declared);
        // Where an answer can end by returning or by calling, its end mark only separates the messages of an answer, even where it is declared as the end of a turn.
        if (found.ContainsKey("<|return|>") && found.ContainsKey("<|call|>") && found.TryGetValue("<|end|>", out int separator))
            ends.Remove(separator);
        return ends.ToFrozenSet();
    }
}
