namespace Inference.GpuBenchmark;

/// <summary>The dimensions of a model of the Llama family.</summary>
internal sealed record ModelShape(string Name, int Layers, int Width, int FeedForward, int Heads, int KvHeads, int HeadSize, int Vocabulary, bool TiedHead, int Context)
{
    public static ModelShape Llama8B { get; } = new("Llama-3.1-8B", 32, 4096, 14336, 32, 8, 128, 128256, TiedHead: false, 131072);

    public static ModelShape Llama1B { get; } = new("Llama-3.2-1B", 16, 2048, 8192, 32, 8, 64, 128256, TiedHead: true, 131072);

    public static ModelShape Toy { get; } = new("Toy", 2, 64, 128, 4, 2, 16, 256, TiedHead: true, 512);

    /// <summary>Matrices of a layer: name in GGUF files, output features, input features.</summary>
    public IEnumerable<(string Name, int Rows, int Columns)> Matrices =>
    [
        ("attn_q", Heads * HeadSize, Width),
        ("attn_k", KvHeads * HeadSize, Width),
        ("attn_v", KvHeads * HeadSize, Width),
        ("attn_output", Width, Heads * HeadSize),
        ("ffn_gate", FeedForward, Width),
        ("ffn_up", FeedForward, Width),
        ("ffn_down", Width, FeedForward),
    ];

    /// <summary>Weights that a token reads: all matrices, and of the embedding only its use as a head.</summary>
    public long Weights => LayerWeights + ((long)Vocabulary * Width);

    /// <summary>Weights of the layers, with which every token of a prompt is multiplied.</summary>
    public long LayerWeights => Layers * Matrices.Sum(matrix => (long)matrix.Rows * matrix.Columns);
}
