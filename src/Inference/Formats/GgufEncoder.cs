using System.Runtime.InteropServices;
using System.Text;

namespace Inference.Formats;

/// <summary>Writes the values of a GGUF header.</summary>
internal sealed class GgufEncoder(Stream stream)
{
    public long Written { get; private set; }

    public void Write<T>(T number)
        where T : unmanaged =>
        WriteBytes(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in number)));

    public void Write(string text) => WriteText(Encoding.UTF8.GetBytes(text));

    public void Write(GgufValue value)
    {
        Write((uint)value.Type);
        if (value.IsArray)
        {
            Write((uint)value.ElementType);
            Write((long)value.Count);
        }

        switch (value.Raw)
        {
            case byte v: Write(v); break;
            case sbyte v: Write(v); break;
            case ushort v: Write(v); break;
            case short v: Write(v); break;
            case uint v: Write(v); break;
            case int v: Write(v); break;
            case ulong v: Write(v); break;
            case long v: Write(v); break;
            case float v: Write(v); break;
            case double v: Write(v); break;
            case bool v: Write(v); break;
            case byte[] text when !value.IsArray: WriteText(text); break;
            case GgufStrings strings:
                for (int i = 0; i < strings.Count; i++)
                    WriteText(strings.Utf8(i));
                break;
            case Array array: WriteArray(array); break;
        }
    }

    // Arrays hold primitives only, whose bytes in memory are those in the file.
    private void WriteArray(Array array)
    {
        if (array.Length > 0)
            WriteBytes(MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(array), Buffer.ByteLength(array)));
    }

    private void WriteText(ReadOnlySpan<byte> utf8)
    {
        Write((long)utf8.Length);
        WriteBytes(utf8);
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        Written += bytes.Length;
    }
}
