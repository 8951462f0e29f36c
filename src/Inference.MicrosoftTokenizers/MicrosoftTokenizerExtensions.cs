using Inference.Tokenization;
using MicrosoftTokenizer = Microsoft.ML.Tokenizers.Tokenizer;

namespace Inference.MicrosoftTokenizers;

/// <summary>From tokenizers of Microsoft.ML.Tokenizers to those of this library, and back.</summary>
public static class MicrosoftTokenizerExtensions
{
    /// <summary>A tokenizer for <see cref="EngineOptions.Tokenizer"/> that encodes as another one does.</summary>
    /// <remarks>
    /// <para>Every token's bytes are found out by decoding it between others, so that text streams in whole characters also where a
    /// character is several tokens; bytes that are in no UTF-8 text are U+FFFD. That takes a fraction of a second for a large vocabulary: keep the result.</para>
    /// <para>Control tokens come from chat templates alone. Where the other tokenizer makes them of what a message spells, the spelling is
    /// cut, and encoded in parts.</para>
    /// </remarks>
    /// <param name="tokenizer">The other tokenizer; used from any number of threads at the same time, which those of Microsoft.ML.Tokenizers allow.</param>
    /// <param name="options">What it does not say of itself; null for nothing.</param>
    /// <exception cref="ArgumentException">The size of the vocabulary is not known, an option names a token that is not in it, or the tokenizer cannot decode what it encodes.</exception>
    public static Tokenizer AsInferenceTokenizer(this MicrosoftTokenizer tokenizer, InferenceTokenizerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer is ExposedTokenizer own ? own.Inner : Tokenizer.Create(ImportedTokenizer.Define(tokenizer, options ?? new()));
    }

    /// <summary>A tokenizer of this library as one of Microsoft.ML.Tokenizers.</summary>
    /// <remarks>
    /// Offsets are those of the text, and of the normalized text that is then returned with them where the tokens do not spell the text
    /// as it is. A token that is part of a character has the offsets of the whole character; limits of tokens never cut one. Normalization and
    /// pre-tokenization are part of the tokenizer and cannot be left out: asking for it throws a <see cref="NotSupportedException"/>.
    /// </remarks>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="options">How it treats control tokens; null for the defaults: as text.</param>
    public static MicrosoftTokenizer AsMicrosoftTokenizer(this Tokenizer tokenizer, MicrosoftTokenizerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return new ExposedTokenizer(tokenizer, options ?? new());
    }
}
