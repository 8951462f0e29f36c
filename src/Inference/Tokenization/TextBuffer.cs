using System.Buffers;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>Bytes that normalisers write, up to a limit. It keeps its memory from text to text. Not thread-safe.</summary>
/// <param name="path">The file that says what is written, for errors.</param>
/// <param name="limit">How many bytes there may be.</param>
internal sealed class TextBuffer(string path, int limit) : IBufferWriter<byte>
{
    private byte[] _bytes = new byte[256];

    /// <summary>How many there are.</summary>
    public int WrittenCount { get; private set; }

    /// <summary>Those; valid until more are written.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, WrittenCount);

    /// <summary>The most that may become of a text, or of a part of one: no rules in use need a tenth of it.</summary>
    public static int LimitFor(int length) => (int)Math.Min((256L * length) + (1 << 16), Array.MaxLength);

    /// <summary>Forgets what was written.</summary>
    public void Clear() => WrittenCount = 0;

    public void Advance(int count) => WrittenCount += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(WrittenCount);
    }

    /// <summary>Adds bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(WrittenCount));
        WrittenCount += bytes.Length;
    }

    private void Reserve(int count)
    {
        long needed = (long)WrittenCount + Math.Max(count, 1);
        if (needed <= _bytes.Length)
            return;
        if (needed > limit)
            throw new ModelFormatException(path, null, -1, $"the rules of the tokenizer make more than {limit} bytes of a text");
        Array.Resize(ref _bytes, (int)Math.Clamp(2L * _bytes.Length, needed, Math.Max(needed, limit)));
    }
}
