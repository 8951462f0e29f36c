namespace Inference.Ilgpu.Linear;

/// <summary>For prompts: weights are unpacked half as often.</summary>
internal readonly struct Rows64 : IRowSpan
{
    public int Rows => 64;
}
