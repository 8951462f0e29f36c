using System.Text;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

/// <summary>Normalisation form C of strings.</summary>
internal static class Nfc
{
    public static string Apply(string text) => Encoding.UTF8.GetString(Apply(Encoding.UTF8.GetBytes(text)));

    public static byte[] Apply(ReadOnlySpan<byte> text)
    {
        var output = new TextBuffer("file", int.MaxValue);
        new UnicodeNormalizer(composes: true, compatibility: false).Apply(text, isStart: true, output);
        return output.WrittenSpan.ToArray();
    }
}
