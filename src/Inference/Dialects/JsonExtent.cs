namespace Inference.Dialects;

/// <summary>Finds where a JSON object, array or string ends, without judging what is in it.</summary>
internal struct JsonExtent
{
    private int _depth;
    private bool _inString;
    private bool _escaped;
    private bool _begun;

    /// <summary>Takes the next character.</summary>
    /// <returns>Whether the value ends with it.</returns>
    public bool Advance(char next)
    {
        if (_inString)
        {
            if (_escaped)
                _escaped = false;
            else if (next == '\\')
                _escaped = true;
            else if (next == '"')
                _inString = false;
            return !_inString && _depth == 0;
        }

        switch (next)
        {
            case '"':
                (_begun, _inString) = (true, true);
                return false;
            case '{' or '[':
                _begun = true;
                _depth++;
                return false;
            case '}' or ']':
                return --_depth <= 0 && _begun;
            default:
                return false;
        }
    }

    /// <summary>How many characters a value takes, with the white space before it; -1 where it does not end.</summary>
    public static int Of(ReadOnlySpan<char> text)
    {
        var extent = new JsonExtent();
        for (int i = 0; i < text.Length; i++)
        {
            if (extent.Advance(text[i]))
                return i + 1;
        }

        return -1;
    }
}
