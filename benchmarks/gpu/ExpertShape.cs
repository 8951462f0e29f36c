namespace Inference.GpuBenchmark;

/// <summary>The dimensions of a layer of experts.</summary>
internal sealed record ExpertShape(int Experts, int Chosen, int Width, int Hidden)
{
    /// <summary>Qwen3-30B-A3B.</summary>
    public static ExpertShape Qwen3 { get; } = new(128, 8, 2048, 768);

    public static ExpertShape Toy { get; } = new(4, 2, 64, 32);
}
