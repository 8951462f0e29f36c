using System.Buffers;

namespace Inference.Tokenization;

/// <summary>Bytes for the characters that stand for them.</summary>
internal sealed class ByteLevelStep : DecoderStep
{
    public override void Write(ReadOnlySpan<byte> spelling, IBufferWriter<byte> destination) => ByteLevelAlphabet.Write(spelling, destination);
}
