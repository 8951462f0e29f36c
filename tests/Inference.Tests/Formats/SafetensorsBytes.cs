using System.Text;

namespace Inference.Tests.Formats;

/// <summary>Puts together the bytes of a safetensors file by hand.</summary>
internal static class SafetensorsBytes
{
    public static byte[] File(string header, int data) =>
        [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header),
            .. Enumerable.Range(0, data).Select(i => (byte)i)];
}
