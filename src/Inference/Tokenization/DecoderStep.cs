using System.Buffers;

namespace Inference.Tokenization;

/// <summary>One step of turning a token's spelling into the text it contributes. Immutable.</summary>
internal abstract class DecoderStep
{
    /// <summary>Writes what becomes of a spelling in mid-text.</summary>
    /// <param name="spelling">What the step before gave.</param>
    /// <param name="destination">Receives the result.</param>
    public abstract void Write(ReadOnlySpan<byte> spelling, IBufferWriter<byte> destination);
}
