using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>A warp's integer products of a tile of 16 weight rows with eight rows of the input.</summary>
internal static class BlockProduct
{
    /// <summary>Of all 32 columns of a block.</summary>
    public static IntQuad Whole(IntQuad weights, InputTile input) => TensorCore.Bytes32(weights, input.Codes, default);

    /// <summary>Of the first 16.</summary>
    public static IntQuad Low(IntQuad weights, InputTile input)
    {
        IntPair words = default;
        words.A = weights.A;
        words.B = weights.B;
        return TensorCore.Bytes16(words, input.Codes.A, default);
    }

    /// <summary>Of the others.</summary>
    public static IntQuad High(IntQuad weights, InputTile input)
    {
        IntPair words = default;
        words.A = weights.C;
        words.B = weights.D;
        return TensorCore.Bytes16(words, input.Codes.B, default);
    }
}
