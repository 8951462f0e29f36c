using System.Security.Cryptography;
using System.Text;

namespace Inference.Hub;

/// <summary>The checksum of a file, computed as its bytes arrive, in the way that its expected value is meant.</summary>
internal sealed class ContentHash : IDisposable
{
    public const int Sha256Digits = 64;
    public const int GitDigits = 40;

    private readonly IncrementalHash _hash;
    private readonly string _expected;

    /// <param name="expected">64 hexadecimal digits of SHA-256, or 40 of what Git calls a blob's id.</param>
    /// <param name="byteLength">The size of the content, which is a part of Git's id.</param>
    public ContentHash(string expected, long byteLength)
    {
        _expected = expected;
        // SHA-1 is what the hub has for small files, not a choice.
        _hash = IncrementalHash.CreateHash(expected.Length == Sha256Digits ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (expected.Length == GitDigits)
            _hash.AppendData(Encoding.ASCII.GetBytes($"blob {byteLength}\0"));
    }

    /// <summary>Whether a text is one of the two kinds of checksum, in lower case: it becomes a file's name.</summary>
    public static bool IsHash(string? text) => text is { Length: Sha256Digits or GitDigits } && text.All(char.IsAsciiHexDigitLower);

    public void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>Whether what was appended is the expected content.</summary>
    public bool Matches(out string found)
    {
        found = Convert.ToHexStringLower(_hash.GetCurrentHash());
        return found == _expected;
    }

    public void Dispose() => _hash.Dispose();
}
