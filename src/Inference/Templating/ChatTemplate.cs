using Inference.Tokenization;

namespace Inference.Templating;

/// <summary>A chat template: the program, carried by a model, that turns a conversation into a prompt.</summary>
/// <remarks>
/// <para>Templates are written in Jinja (https://jinja.palletsprojects.com, release 3.1) as Hugging Face's
/// <c>apply_chat_template</c> runs it: <c>trim_blocks</c> and <c>lstrip_blocks</c> on, no escaping, loop controls,
/// <c>tojson</c> that keeps non-ASCII text, <c>raise_exception</c>, <c>strftime_now</c> and generation blocks.</para>
/// <para>Templates are untrusted: a rendering is bounded in steps, in what it allocates, in depth and in output, reaches
/// nothing but the variables it is given, and changes none of them.</para>
/// <para>An instance is immutable; any number of threads may render it at once.</para>
/// </remarks>
public sealed class ChatTemplate
{
    private readonly ParsedTemplate _template;
    private readonly Lazy<ToolCallForm> _toolCalls;

    private ChatTemplate(ParsedTemplate template)
    {
        _template = template;
        _toolCalls = new(() => ToolCallForm.Of(this));
    }

    /// <summary>How it wants calls of tools.</summary>
    internal ToolCallForm ToolCalls => _toolCalls.Value;

    /// <summary>Parses a template.</summary>
    /// <param name="source">The template's text; at most 1,048,576 UTF-16 code units.</param>
    /// <returns>The template, ready to render.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ChatTemplateException">The text is not a template; the exception tells where.</exception>
    public static ChatTemplate Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ChatTemplate(TemplateParser.Parse(source)) { Source = source };
    }

    /// <summary>The template's text.</summary>
    internal string Source { get; private init; } = "";

    /// <summary>Renders the template.</summary>
    /// <param name="variables">
    /// The variables that the template sees, such as <c>messages</c>, <c>tools</c>, <c>bos_token</c> and <c>add_generation_prompt</c>.
    /// Values are null, booleans, numbers, strings, sequences, dictionaries with string keys (their order is kept) and
    /// <see cref="System.Text.Json.JsonElement"/>; they are only read.
    /// </param>
    /// <param name="now">The time that <c>strftime_now</c> tells; the clock's local time where null.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="variables"/> is null.</exception>
    /// <exception cref="ChatTemplateException">
    /// The rendering failed: the template raised an error, used what is not there, or exceeded a limit; or a variable has a type that
    /// templates do not have.
    /// </exception>
    public string Render(IReadOnlyDictionary<string, object?> variables, DateTimeOffset? now = null)
    {
        ArgumentNullException.ThrowIfNull(variables);
        return Interpreter.Run(_template.Body, variables, new RenderState(now ?? DateTimeOffset.Now)).ToString();
    }

    /// <summary>As <see cref="Render"/>, with the texts that the template spells apart from those of its variables: only the former parse special tokens.</summary>
    /// <param name="variables">As for <see cref="Render"/>; a <see cref="TemplateText"/> counts as the template's as far as it says.</param>
    /// <param name="now">As for <see cref="Render"/>.</param>
    internal IReadOnlyList<TextSegment> RenderSegments(IReadOnlyDictionary<string, object?> variables, DateTimeOffset? now = null) =>
        Interpreter.Run(_template.Body, variables, new RenderState(now ?? DateTimeOffset.Now)).ToSegments();

    /// <summary>Whether the template looks at a variable, such as <c>tools</c> or <c>enable_thinking</c>; one that it does not look at changes no rendering.</summary>
    /// <param name="variable">The variable's name.</param>
    public bool Reads(string variable) => _template.Names.Reads(variable);

    /// <inheritdoc cref="TemplateNames.Mentions"/>
    internal bool Mentions(string key) => _template.Names.Mentions(key);
}
