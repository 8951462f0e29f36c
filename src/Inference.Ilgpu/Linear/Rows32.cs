namespace Inference.Ilgpu.Linear;

/// <summary>For batches that give a card too few groups otherwise.</summary>
internal readonly struct Rows32 : IRowSpan
{
    public int Rows => 32;
}
