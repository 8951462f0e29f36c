using Microsoft.ML.Tokenizers;
using MicrosoftTokenizer = Microsoft.ML.Tokenizers.Tokenizer;

namespace Inference.MicrosoftTokenizers;

/// <summary>What the types of Microsoft.ML.Tokenizers say of their vocabularies, each in its own way.</summary>
/// <param name="Vocabulary">Ids by spelling; null where the type does not list them.</param>
/// <param name="Control">Control tokens by spelling.</param>
/// <param name="BeginOfText">The token that starts a text, or null.</param>
/// <param name="EndOfText">The token that ends a text, or null.</param>
/// <param name="Unknown">The token for what cannot be spelled, or null.</param>
internal sealed record TokenizerTraits(
    IReadOnlyDictionary<string, int>? Vocabulary, IReadOnlyDictionary<string, int>? Control, int? BeginOfText, int? EndOfText, int? Unknown)
{
    // Beyond the largest vocabularies in use.
    private const int MaxProbedSize = 1 << 19;

    public static TokenizerTraits Of(MicrosoftTokenizer tokenizer) => tokenizer switch
    {
        SentencePieceTokenizer t => new(t.Vocabulary, t.SpecialTokens, t.BeginningOfSentenceId, t.EndOfSentenceId, t.UnknownId),
        BpeTokenizer t => new(t.Vocabulary, t.SpecialTokens, Find(t.BeginningOfSentenceToken, t.SpecialTokens, t.Vocabulary), LastOf(t), Find(t.UnknownToken, t.SpecialTokens, t.Vocabulary)),
        CodeGenTokenizer t => new(t.Vocabulary, t.SpecialTokens, t.BeginningOfSentenceId, t.EndOfSentenceId, t.UnknownTokenId),
        EnglishRobertaTokenizer t => new(t.Vocabulary, null, null, null, null),
        BertTokenizer t => new(null, Marks(t), t.ClassificationTokenId, t.SeparatorTokenId, t.UnknownTokenId),
        WordPieceTokenizer t => new(null, t.SpecialTokens, null, null, t.UnknownTokenId),
        TiktokenTokenizer t => new(null, t.SpecialTokens, null, null, null),
        _ => new(null, null, null, null, null),
    };

    /// <summary>One more than the highest id, or null where it cannot be found out.</summary>
    public int? Size(MicrosoftTokenizer tokenizer)
    {
        IEnumerable<int> listed = (Control?.Values ?? []).Concat(Vocabulary?.Values ?? []);
        if (Vocabulary is not null)
            return listed.DefaultIfEmpty(-1).Max() + 1;
        // These decode an id that they have not to nothing.
        if (tokenizer is not (TiktokenTokenizer or WordPieceTokenizer))
            return null;
        int size = listed.DefaultIfEmpty(-1).Max() + 1;
        int[] id = [0];
        for (int i = 0; i < MaxProbedSize; i++)
        {
            id[0] = i;
            if (i >= size && tokenizer.Decode(id).Length > 0)
                size = i + 1;
        }

        return size;
    }

    private static int? Find(string? spelling, params ReadOnlySpan<IReadOnlyDictionary<string, int>?> vocabularies)
    {
        foreach (IReadOnlyDictionary<string, int>? vocabulary in vocabularies)
        {
            if (spelling is not null && vocabulary is not null && vocabulary.TryGetValue(spelling, out int id))
                return id;
        }

        return null;
    }

    /// <summary>The token behind every text: a <see cref="BpeTokenizer"/> does not name it.</summary>
    private static int? LastOf(BpeTokenizer tokenizer)
    {
        (IReadOnlyList<int> one, IReadOnlyList<int> other) = (tokenizer.EncodeToIds("a"), tokenizer.EncodeToIds("b"));
        return one.Count > 1 && other.Count > 1 && one[^1] == other[^1] && one[^1] != one[^2] ? one[^1] : null;
    }

    private static Dictionary<string, int> Marks(BertTokenizer tokenizer)
    {
        var marks = new Dictionary<string, int>(tokenizer.SpecialTokens ?? new Dictionary<string, int>())
        {
            [tokenizer.ClassificationToken] = tokenizer.ClassificationTokenId,
            [tokenizer.SeparatorToken] = tokenizer.SeparatorTokenId,
            [tokenizer.PaddingToken] = tokenizer.PaddingTokenId,
            [tokenizer.MaskingToken] = tokenizer.MaskingTokenId,
        };
        return marks;
    }
}
