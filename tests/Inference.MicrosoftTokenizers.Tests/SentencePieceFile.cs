using System.Buffers.Binary;
using System.Text;
using Inference.Formats;

namespace Inference.MicrosoftTokenizers.Tests;

/// <summary>Writes a SentencePiece model (a protocol buffer) with the vocabulary of a GGUF file.</summary>
internal static class SentencePieceFile
{
    private const int Bpe = 2;

    /// <summary>The file's bytes.</summary>
    /// <param name="file">The GGUF file: tokens, scores, and types, whose numbers are the same in both formats.</param>
    public static MemoryStream Write(GgufFile file)
    {
        var model = new MemoryStream();
        GgufStrings tokens = file.GetStrings("tokenizer.ggml.tokens");
        float[] scores = file.FindSingleArray("tokenizer.ggml.scores")!;
        int[] types = file.FindInt32Array("tokenizer.ggml.token_type")!;
        for (int i = 0; i < tokens.Count; i++)
        {
            var piece = new MemoryStream();
            Write(piece, 1, Encoding.UTF8.GetBytes(tokens[i]));
            piece.WriteByte((2 << 3) | 5);
            byte[] score = new byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(score, scores[i]);
            piece.Write(score);
            Write(piece, 3, types[i]);
            Write(model, 1, piece.ToArray());
        }

        var trainer = new MemoryStream();
        Write(trainer, 3, Bpe);
        Write(trainer, 35, 1);      // byte_fallback
        Write(trainer, 40, 0);      // unk_id
        Write(trainer, 41, 1);      // bos_id
        Write(trainer, 42, 2);      // eos_id
        Write(model, 2, trainer.ToArray());
        var normalizer = new MemoryStream();
        Write(normalizer, 3, 1);    // add_dummy_prefix
        Write(normalizer, 4, 0);    // remove_extra_whitespaces
        Write(normalizer, 5, 1);    // escape_whitespaces
        Write(model, 3, normalizer.ToArray());
        model.Position = 0;
        return model;
    }

    private static void Write(MemoryStream stream, int field, byte[] content)
    {
        WriteNumber(stream, (field << 3) | 2);
        WriteNumber(stream, content.Length);
        stream.Write(content);
    }

    private static void Write(MemoryStream stream, int field, int value)
    {
        WriteNumber(stream, field << 3);
        WriteNumber(stream, value);
    }

    private static void WriteNumber(MemoryStream stream, int value)
    {
        for (; value >= 0x80; value >>= 7)
            stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }
}
