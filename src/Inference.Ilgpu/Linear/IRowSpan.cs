namespace Inference.Ilgpu.Linear;

/// <summary>How many rows of the input a warp of a tile kernel has.</summary>
internal interface IRowSpan
{
    /// <summary>Rows.</summary>
    int Rows { get; }
}
