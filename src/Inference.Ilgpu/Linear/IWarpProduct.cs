using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>How a warp multiplies a chunk of a tile of 16 weight rows with rows of the input.</summary>
internal interface IWarpProduct
{
    /// <summary>Chunks along the columns.</summary>
    int Chunks(MatrixView matrix);

    /// <summary>With eight rows of the input.</summary>
    FloatQuad Narrow(MatrixView matrix, InputView input, InputRows rows, long tile, int chunk);

    /// <summary>With 32.</summary>
    FloatQuads Wide(MatrixView matrix, InputView input, InputRows rows, long tile, int chunk);

    /// <summary>What the sum of all chunks becomes.</summary>
    float Finish(InputView input, int row, float total);
}
