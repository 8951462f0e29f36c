using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>A matrix as kernels see it: the planes of <see cref="MatrixLayout"/> as words.</summary>
internal struct MatrixView
{
    /// <summary>The first plane.</summary>
    public ArrayView<int> Codes;

    /// <summary>The second.</summary>
    public ArrayView<int> Upper;

    /// <summary>The third.</summary>
    public ArrayView<int> Scales;

    /// <summary>The fourth.</summary>
    public ArrayView<int> SubScales;

    /// <summary>Output features.</summary>
    public int Rows;

    /// <summary>Input features.</summary>
    public int Columns;

    /// <summary>Blocks along the columns, padding included.</summary>
    public int Blocks;

    /// <summary>The first plane as what a thread of a warp takes at once.</summary>
    public readonly ArrayView<IntQuad> CodeQuads => Codes.AsAligned(16).Cast<IntQuad>();

    /// <summary>The second plane.</summary>
    public readonly ArrayView<IntQuad> UpperQuads => Upper.AsAligned(16).Cast<IntQuad>();

    /// <summary>The third plane, where four words belong together.</summary>
    public readonly ArrayView<IntQuad> ScaleQuads => Scales.AsAligned(16).Cast<IntQuad>();

    /// <summary>The fourth plane, likewise.</summary>
    public readonly ArrayView<IntQuad> SubScaleQuads => SubScales.AsAligned(16).Cast<IntQuad>();
}
