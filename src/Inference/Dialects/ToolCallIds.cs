using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Inference.Dialects;

/// <summary>Names the calls of one answer: by the model's own ids where it gives some that are new to the conversation, else by ids like random ones.</summary>
/// <param name="key">From which the ids are drawn: the same key gives the same ids.</param>
/// <param name="used">Ids of the conversation so far.</param>
internal sealed class ToolCallIds(ulong key, IEnumerable<string> used)
{
    // Nine letters and digits: what Mistral's templates insist on is good for all others.
    private const int Length = 9;
    private const int Longest = 128;
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly HashSet<string> _used = new(used, StringComparer.Ordinal);
    private int _count;

    /// <summary>The id of the next call.</summary>
    /// <param name="given">What the model calls it, or null.</param>
    public string Next(string? given)
    {
        if (given is { Length: > 0 and <= Longest } && _used.Add(given))
            return given;
        string id;
        do
            id = Draw();
        while (!_used.Add(id));
        return id;
    }

    private string Draw()
    {
        Span<byte> seed = stackalloc byte[sizeof(ulong) + sizeof(int)];
        BinaryPrimitives.WriteUInt64LittleEndian(seed, key);
        BinaryPrimitives.WriteInt32LittleEndian(seed[sizeof(ulong)..], _count++);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(seed, hash);
        Span<char> id = stackalloc char[Length];
        for (int i = 0; i < Length; i++)
            id[i] = Digits[hash[i] % Digits.Length];
        return new string(id);
    }
}
