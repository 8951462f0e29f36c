using ILGPU;
using Inference.Ilgpu.Elements;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Attention;

/// <summary>What attention needs besides the cache.</summary>
internal struct AttentionView
{
    /// <summary>[rows, heads x head size].</summary>
    public ArrayView<float> Queries;

    /// <summary>As the queries.</summary>
    public ArrayView<float> Output;

    /// <summary>Position of each row.</summary>
    public ArrayView<int> Positions;

    /// <summary>Sequence of each row.</summary>
    public ArrayView<int> RowSequences;

    /// <summary>See <see cref="Memory.StepBuffers"/>.</summary>
    public ArrayView<int> Sequences;

    /// <summary>Block tables.</summary>
    public ArrayView<int> Blocks;

    /// <summary>A score of each query head without a value; read only where <see cref="HasSinks"/> is 1.</summary>
    public ArrayView<float> Sinks;

    /// <summary>Query heads.</summary>
    public int Heads;

    /// <summary>Query heads that read one key-value head.</summary>
    public int HeadsPerKey;

    /// <summary>Factor on the scores.</summary>
    public float Scale;

    /// <summary>0 for none.</summary>
    public float SoftCap;

    /// <summary>Positions that a row sees.</summary>
    public int Window;

    /// <summary>1 or 0.</summary>
    public int HasSinks;

    /// <summary>A score: the product of query and key, scaled and capped, rounded alike in every kernel.</summary>
    public readonly float Score(float dot, float scale)
    {
        float score = Exact.Multiply(dot, scale);
        if (SoftCap > 0)
            score = Exact.Multiply(SoftCap, Curves.Tanh(score / SoftCap));
        return score;
    }

    /// <summary>The first position that a row sees.</summary>
    public readonly int First(int position)
    {
        int first = position - Window + 1;
        if (first < 0)
            first = 0;
        return first;
    }
}
