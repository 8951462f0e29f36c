using ILGPU;

namespace Inference.Ilgpu.Linear;

/// <summary>Activations as 8-bit codes, with a scale for each 32: [rows, blocks].</summary>
internal struct InputView
{
    /// <summary>Eight words a block. Words 2 t and 2 t + 1 have columns 4 t to 4 t + 3, and those 16 further: what a thread of a warp takes at once.</summary>
    public ArrayView<int> Codes;

    /// <summary>One a block.</summary>
    public ArrayView<float> Scales;

    /// <summary>Two a block: the sums of the codes of its halves.</summary>
    public ArrayView<int> Sums;
}
