using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>A warp's integer products of a tile of 16 weight rows with eight rows of the input. What the zero takes away is where the sum starts.</summary>
internal static class BlockProduct
{
    /// <summary>Of all 32 columns of a block.</summary>
    public static IntQuad Whole(IntQuad weights, InputTile input, int zero) =>
        TensorCore.Bytes32(weights, input.Codes, Start(-zero * (input.LeftSums.A + input.LeftSums.B), -zero * (input.RightSums.A + input.RightSums.B)));

    /// <summary>Of the first 16.</summary>
    public static IntQuad Low(IntQuad weights, InputTile input, int zero)
    {
        IntPair words = default;
        words.A = weights.A;
        words.B = weights.B;
        return TensorCore.Bytes16(words, input.Codes.A, Start(-zero * input.LeftSums.A, -zero * input.RightSums.A));
    }

    /// <summary>Of the others.</summary>
    public static IntQuad High(IntQuad weights, InputTile input, int zero)
    {
        IntPair words = default;
        words.A = weights.C;
        words.B = weights.D;
        return TensorCore.Bytes16(words, input.Codes.B, Start(-zero * input.LeftSums.B, -zero * input.RightSums.B));
    }

    private static IntQuad Start(int left, int right)
    {
        IntQuad start = default;
        start.A = left;
        start.B = right;
        start.C = left;
        start.D = right;
        return start;
    }
}
