namespace Inference.Tokenization;

/// <summary>A queue of characters: appended at the end, taken from the front.</summary>
internal sealed class HeldText
{
    private char[] _characters = [];
    private int _start;
    private int _end;

    /// <summary>How many characters it holds.</summary>
    public int Length => _end - _start;

    /// <summary>What it holds; valid until it changes.</summary>
    public ReadOnlySpan<char> Span => _characters.AsSpan(_start, Length);

    /// <summary>Adds a text at the end.</summary>
    public void Append(ReadOnlySpan<char> text)
    {
        if (_end + text.Length > _characters.Length)
        {
            int length = Length;
            char[] target = length + text.Length > _characters.Length / 2 ? new char[2 * (length + text.Length)] : _characters;
            _characters.AsSpan(_start, length).CopyTo(target);
            (_characters, _start, _end) = (target, 0, length);
        }

        text.CopyTo(_characters.AsSpan(_end));
        _end += text.Length;
    }

    /// <summary>Removes characters from the front.</summary>
    public string Take(int count)
    {
        string text = new(_characters, _start, count);
        _start += count;
        return text;
    }
}
