using System.Buffers;
using System.Text;

namespace Inference.Tokenization;

/// <summary>
/// Turns the tokens of one generation into text as they come: whole characters only, nothing that may still become a stop
/// sequence, nothing of a stop sequence or after it. All that it returns, put together, is what decoding prompt and output
/// would add to decoding the prompt, cut at the first stop sequence.
/// </summary>
/// <remarks>Not thread-safe. A token that is whole characters costs no allocation where there are no stop sequences.</remarks>
internal sealed class TextStream
{
    private readonly Tokenizer _tokenizer;
    private readonly StopMatcher? _stops;
    private readonly HeldText _held = new();
    private byte[] _bytes = new byte[16];
    private int _byteCount;
    private readonly TokenDecoder _decoder;
    private TextStart _start;
    private int _last = -1;
    private bool _owesSpace;

    /// <summary>Starts a stream.</summary>
    /// <param name="tokenizer">The tokenizer of the model that generates.</param>
    /// <param name="stopSequences">Texts to stop at; empty for none.</param>
    /// <param name="prompt">The tokens before; where they have no text, the stream is the start of a text.</param>
    /// <exception cref="ArgumentException">A stop sequence is empty or not well-formed.</exception>
    public TextStream(Tokenizer tokenizer, IReadOnlyList<string> stopSequences, ReadOnlySpan<int> prompt = default)
    {
        _tokenizer = tokenizer;
        _stops = stopSequences.Count > 0 ? new StopMatcher(stopSequences) : null;
        _decoder = tokenizer.Vocabulary.Decoder;
        _start = new TextStart(_decoder);
        for (int i = 0; i < prompt.Length && _start.IsOpen; i++)
            _start.Trim(tokenizer.TokenBytes(prompt[i]));
        if (_decoder.DropsLastSpace || _decoder.DropsRepeats)
        {
            foreach (int token in prompt)
                Next(token);
        }
    }

    /// <summary>Whether a stop sequence was found: all its text is out, and what follows is ignored.</summary>
    public bool Stopped { get; private set; }

    /// <summary>The stop sequence that was found, or null.</summary>
    public string? StopSequence { get; private set; }

    /// <summary>How many characters are held back since they may be the start of a stop sequence.</summary>
    public int HeldLength => _held.Length;

    /// <summary>Takes the next token.</summary>
    /// <param name="token">Its id; control tokens and ids outside the vocabulary have no text.</param>
    /// <returns>The text that is now certain; often empty.</returns>
    public string Append(int token)
    {
        if (Stopped)
            return "";

        bool isPlain = _byteCount == 0 && !_start.IsOpen && !_decoder.DropsLastSpace && !_decoder.DropsRepeats;
        string text = isPlain && _tokenizer.WholeText(token) is string whole ? whole : Decode(Next(token));
        return _stops is null ? text : UpToStop(text, _stops);
    }

    /// <summary>Passes over a token whose text is out already; only the beginning of a character that it leaves is kept for the next one.</summary>
    /// <param name="token">Its id.</param>
    public void Skip(int token) => Decode(Next(token));

    /// <summary>Ends the stream.</summary>
    /// <returns>What was held back; an unfinished character is U+FFFD.</returns>
    public string Flush()
    {
        if (Stopped)
            return "";

        string text = Encoding.UTF8.GetString(_bytes, 0, _byteCount);
        _byteCount = 0;
        if (_stops is null)
            return text;

        text = UpToStop(text, _stops);
        if (Stopped)
            return text;
        if (_stops.Found is not null)
            return text + Stop(_stops);
        return text + _held.Take(_held.Length);
    }

    /// <summary>The bytes that a token adds after those before it.</summary>
    private ReadOnlySpan<byte> Next(int token)
    {
        if (!_decoder.DropsLastSpace && !_decoder.DropsRepeats)
            return _start.Trim(_tokenizer.TokenBytes(token));
        if (_tokenizer.IsSpecial(token))
            return [];
        bool repeats = token == _last && _decoder.DropsRepeats;
        _last = token;
        ReadOnlySpan<byte> bytes = repeats ? [] : _start.Trim(_tokenizer.TokenBytes(token));
        if (bytes.IsEmpty || !_decoder.DropsLastSpace)
            return bytes;

        // A space at the end is text only once text follows.
        if (_owesSpace)
            bytes = (byte[])[(byte)' ', .. bytes];
        _owesSpace = bytes[^1] == ' ';
        return _owesSpace ? bytes[..^1] : bytes;
    }

    /// <summary>Decodes what is whole, and keeps the beginning of a character for the next time.</summary>
    private string Decode(ReadOnlySpan<byte> bytes)
    {
        int length = _byteCount + bytes.Length;
        if (length > _bytes.Length)
            Array.Resize(ref _bytes, 2 * length);
        bytes.CopyTo(_bytes.AsSpan(_byteCount));

        int whole = length - UnfinishedLength(_bytes.AsSpan(0, length));
        string text = Encoding.UTF8.GetString(_bytes, 0, whole);
        _byteCount = length - whole;
        _bytes.AsSpan(whole, _byteCount).CopyTo(_bytes);
        return text;
    }

    /// <summary>How many bytes at the end are the beginning of a character that more bytes could finish.</summary>
    private static int UnfinishedLength(ReadOnlySpan<byte> bytes)
    {
        for (int length = 1; length <= Math.Min(3, bytes.Length); length++)
        {
            bool continues = (bytes[^length] & 0xC0) == 0x80;
            if (!continues)
                return Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData ? length : 0;
        }

        return 0;
    }

    private string UpToStop(string text, StopMatcher stops)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!stops.Advance(text[i]))
                continue;
            _held.Append(text.AsSpan(0, i + 1));
            return Stop(stops);
        }

        if (stops.Pending == 0 && _held.Length == 0)
            return text;
        _held.Append(text);
        return _held.Take(_held.Length - stops.Pending);
    }

    private string Stop(StopMatcher stops)
    {
        Stopped = true;
        StopSequence = stops.Found;
        return _held.Take(_held.Length - stops.SinceFound);
    }
}
