using System.Globalization;
using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>Reads the "world" vocabularies of RWKV, whose tokens are any bytes, spelled with escapes.</summary>
internal static class GgufWorld
{
    /// <summary>Reads one.</summary>
    public static PipelineTokenizer Read(GgufVocabulary source)
    {
        var pieces = new PieceTrie();
        List<byte> bytes = [];
        int[] ends = new int[source.Count];
        for (int i = 0; i < source.Count; i++)
        {
            int start = bytes.Count;
            Unescape(source, i, bytes);
            ends[i] = bytes.Count;
            if (source.Kinds[i] is TokenKind.Normal or TokenKind.Unused && bytes.Count > start)
                source.AddTo(pieces, CollectionsMarshal.AsSpan(bytes)[start..], i, LongestMatchModel.MaxPieceBytes);
        }

        var marks = new GgufMarks(source.FindToken("bos_token_id"), source.FindToken("eos_token_id"), AddsBegin: false);
        var model = new LongestMatchModel(pieces, source.FindToken("unknown_token_id") ?? -1);
        return GgufTokenizer.Build(source, new TokenDecoder(), marks, [], preTokenizer: null, model, new GgufStrings([.. bytes], ends));
    }

    private static void Unescape(GgufVocabulary source, int id, List<byte> output)
    {
        ReadOnlySpan<byte> text = source.Texts.Utf8(id);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                output.Add(text[i]);
                continue;
            }

            i++;
            byte kind = i < text.Length ? text[i] : (byte)0;
            switch (kind)
            {
                case (byte)'t':
                    output.Add((byte)'\t');
                    break;
                case (byte)'n':
                    output.Add((byte)'\n');
                    break;
                case (byte)'r':
                    output.Add((byte)'\r');
                    break;
                case (byte)'x' when i + 2 < text.Length && byte.TryParse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value):
                    output.Add(value);
                    i += 2;
                    break;
                case 0 or (byte)'x':
                    throw source.Error($"tokens[{id}]", "an escape is cut off");
                default:
                    output.Add(kind);
                    break;
            }
        }
    }
}
