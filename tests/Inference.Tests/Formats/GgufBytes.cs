using System.Text;
using Inference.Formats;

namespace Inference.Tests.Formats;

/// <summary>Puts together the bytes of a GGUF file by hand, right or wrong.</summary>
internal sealed class GgufBytes
{
    private readonly List<byte> _bytes = [];

    public GgufBytes(ulong tensors = 0, ulong values = 0, uint version = 3, string magic = "GGUF")
    {
        Raw(Encoding.ASCII.GetBytes(magic)).U32(version).U64(tensors).U64(values);
    }

    public GgufBytes Text(string text, ulong? length = null)
    {
        return U64(length ?? (ulong)Encoding.UTF8.GetByteCount(text)).Raw(Encoding.UTF8.GetBytes(text));
    }

    public GgufBytes Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public GgufBytes U32(uint number) => Raw(BitConverter.GetBytes(number));

    public GgufBytes U64(ulong number) => Raw(BitConverter.GetBytes(number));

    public GgufBytes Type(GgufValueType type) => U32((uint)type);

    public GgufBytes Value(string key, uint number) => Text(key).Type(GgufValueType.UInt32).U32(number);

    public GgufBytes Alignment(uint alignment) => Value("general.alignment", alignment);

    /// <summary>Dimensions come as in the file: innermost first.</summary>
    public GgufBytes Tensor(string name, long[] dimensions, ulong offset = 0, uint type = 0, uint? count = null)
    {
        Text(name).U32(count ?? (uint)dimensions.Length);
        foreach (long dimension in dimensions)
            U64((ulong)dimension);
        return U32(type).U64(offset);
    }

    public GgufBytes Pad(int alignment = 32)
    {
        while (_bytes.Count % alignment != 0)
            _bytes.Add(0);
        return this;
    }

    public GgufBytes Data(int length) => Raw(Enumerable.Range(0, length).Select(i => (byte)i).ToArray());

    public byte[] ToArray() => [.. _bytes];
}
