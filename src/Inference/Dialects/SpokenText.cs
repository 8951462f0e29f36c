using System.Text;
using Inference.Tokenization;

namespace Inference.Dialects;

/// <summary>
/// What a model says, as its tokens come: the text that a plain generation streams, cut at the same stop sequences, with characters
/// of a <see cref="MarkAlphabet"/> where the tokens of marks are, in place of their own text where they have one.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class SpokenText(Tokenizer tokenizer, MarkAlphabet marks, IReadOnlyList<string> stopSequences, ReadOnlySpan<int> prompt)
{
    private readonly TextStream _text = new(tokenizer, stopSequences, prompt);
    private readonly Queue<(long Start, int Length, char Code)> _marks = [];
    private long _streamed;
    private string _carry = "";

    /// <summary>Takes the next token.</summary>
    /// <returns>What is now certain; often empty.</returns>
    public string Append(int token)
    {
        if ((uint)token >= (uint)tokenizer.VocabularySize || _text.Stopped)
            return "";
        string text = _text.Append(token);
        _streamed += text.Length;
        // A mark in which a stop sequence ends is cut off with it.
        if (marks.Code(token) is { } code && !_text.Stopped)
        {
            // What is streamed and what is held back for a stop sequence end with the token's own text, if it has any.
            int length = tokenizer.TokenBytes(token).IsEmpty ? 0 : marks.Spelling(code).Length;
            _marks.Enqueue((_streamed + _text.HeldLength - length, length, code));
        }

        return Interleave(text);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>What was held back.</returns>
    public string Flush()
    {
        string text = _text.Flush();
        _streamed += text.Length;
        text = Interleave(text) + _carry;
        _carry = "";
        return text;
    }

    private string Interleave(string text)
    {
        if (_marks.Count == 0 && _carry.Length == 0)
            return text;

        text = _carry + text;
        long start = _streamed - text.Length;
        int done = 0;
        var spoken = new StringBuilder(text.Length + 1);
        while (_marks.TryPeek(out (long Start, int Length, char Code) mark) && mark.Start <= _streamed)
        {
            int at = (int)(mark.Start - start);
            spoken.Append(text, done, at - done);
            done = at;
            // Its text may be cut by a stop sequence yet.
            if (mark.Start + mark.Length > _streamed)
                break;
            spoken.Append(mark.Code);
            done += mark.Length;
            _marks.Dequeue();
        }

        bool waits = _marks.TryPeek(out (long Start, int Length, char Code) next) && next.Start < _streamed;
        if (!waits)
            spoken.Append(text, done, text.Length - done);
        _carry = waits ? text[done..] : "";
        return spoken.ToString();
    }
}
