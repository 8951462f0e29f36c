namespace Inference.Ilgpu.Linear;

/// <summary>The kernels that compute a matrix times rows. For quantised matrices all compute the same bits.</summary>
internal enum ProductPath
{
    /// <summary>A thread for each result; needs no warps.</summary>
    Plain,

    /// <summary>The same from shared memory, a group for 64 x 64 results, where there are no tensor cores for them.</summary>
    Shared,

    /// <summary>Tensor cores, eight rows at a time, chunks spread over the warps of a group.</summary>
    Narrow,

    /// <summary>The same for 32 rows at a time.</summary>
    Wide,

    /// <summary>Tensor cores and shared memory, a warp for 32 weight rows and 32 rows of the input, of halves for 64 and 32.</summary>
    Tile,

    /// <summary>The same for 64 rows of the input.</summary>
    LargeTile,
}
