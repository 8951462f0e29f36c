using System.Buffers;

namespace Inference.Tokenization;

/// <summary>Takes the space from before punctuation and English contractions, inside one token.</summary>
internal sealed class CleanUpStep : DecoderStep
{
    private static readonly ReplaceStep[] _steps =
    [
        new([.. " ."u8], [.. "."u8]), new([.. " ?"u8], [.. "?"u8]), new([.. " !"u8], [.. "!"u8]), new([.. " ,"u8], [.. ","u8]),
        new([.. " ' "u8], [.. "'"u8]), new([.. " n't"u8], [.. "n't"u8]), new([.. " 'm"u8], [.. "'m"u8]), new([.. " do not"u8], [.. " don't"u8]),
        new([.. " 's"u8], [.. "'s"u8]), new([.. " 've"u8], [.. "'ve"u8]), new([.. " 're"u8], [.. "'re"u8]),
    ];

    public override void Write(ReadOnlySpan<byte> spelling, IBufferWriter<byte> destination)
    {
        if (spelling.IndexOf((byte)' ') < 0)
        {
            destination.Write(spelling);
            return;
        }

        byte[] text = spelling.ToArray();
        foreach (ReplaceStep step in _steps)
        {
            var cleaned = new ArrayBufferWriter<byte>(text.Length + 1);
            step.Write(text, cleaned);
            text = cleaned.WrittenSpan.ToArray();
        }

        destination.Write(text);
    }
}
