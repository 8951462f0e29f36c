using ILGPU;

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

    /// <summary>The code that stands for zero.</summary>
    public int Zero;
}
