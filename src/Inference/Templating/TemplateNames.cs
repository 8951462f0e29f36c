namespace Inference.Templating;

/// <summary>The names that a template's source mentions: what its caller's options can reach.</summary>
internal sealed class TemplateNames
{
    /// <summary>Longer texts among the source's literals are prose, not names.</summary>
    private const int LongestKey = 64;

    private readonly HashSet<string> _variables = [];
    private readonly HashSet<string> _keys = [];

    /// <summary>Whether a variable of that name is read anywhere.</summary>
    public bool Reads(string variable) => _variables.Contains(variable);

    /// <summary>Whether an attribute of that name is, or a text that is the name: as in <c>message.name</c>, <c>message['name']</c>, <c>'name' in message</c>.</summary>
    public bool Mentions(string key) => _keys.Contains(key);

    public void AddVariable(string name) => _variables.Add(name);

    public void AddKey(string text)
    {
        if (text.Length <= LongestKey)
            _keys.Add(text);
    }
}
