using Inference.Tokenization;

namespace Inference.Dialects;

/// <summary>The dialects of a model, by the template it is prompted with.</summary>
/// <remarks>Safe to use from any thread. Nothing is looked for before it is needed: a vocabulary is large.</remarks>
internal sealed class ModelDialects
{
    private readonly Lazy<MarkAlphabet> _alphabet;
    private readonly Lazy<Dialect> _own;

    public ModelDialects(Tokenizer tokenizer)
    {
        _alphabet = new(() => new MarkAlphabet(tokenizer.Vocabulary, Families.Marks));
        _own = new(() => Dialect.Find(_alphabet.Value, tokenizer.ChatTemplate + tokenizer.ToolChatTemplate));
    }

    /// <summary>The dialect of answers to a template.</summary>
    /// <param name="template">The text of the template that is used instead of the model's own, or null.</param>
    public Dialect Of(string? template) => template is null ? _own.Value : Dialect.Find(_alphabet.Value, template);
}
