namespace Inference.Tokenization;

/// <summary>Takes off a decoded text what encoding put before every text.</summary>
/// <param name="decoder">What to take off.</param>
internal struct TextStart(TokenDecoder decoder)
{
    private int _left = decoder.LeadingCount;

    /// <summary>Whether there may be more to take off.</summary>
    public readonly bool IsOpen => _left > 0;

    /// <summary>The bytes of the next token, less what does not belong to the text.</summary>
    public ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> bytes)
    {
        while (_left > 0 && !bytes.IsEmpty)
        {
            if (bytes.StartsWith(decoder.Leading))
            {
                bytes = bytes[decoder.Leading.Length..];
                _left--;
            }
            else
            {
                _left = 0;
            }
        }

        return bytes;
    }
}
