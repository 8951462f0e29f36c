using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Elements;

namespace Inference.Ilgpu.Selection;

/// <summary>What a thread knows of the elements it has seen: the largest, their weight, and whether they are logits at all.</summary>
internal struct RunState
{
    /// <summary>A finite element was seen.</summary>
    public const int Finite = 1;

    /// <summary>A NaN or positive infinity was.</summary>
    public const int Wrong = 2;

    /// <summary>Below this a weight is 0: the sum of all others is at least 1.</summary>
    private const float LeastExponent = -80;

    /// <summary>The largest finite element with its index.</summary>
    public ulong Best;

    /// <summary>The largest finite element.</summary>
    public float Max;

    /// <summary>The sum of exp((element - max) x scale); 0 where there is none yet.</summary>
    public float Sum;

    /// <summary><see cref="Finite"/>, <see cref="Wrong"/>, both or none.</summary>
    public int Seen;

    public void Add(float value, int index, float scale)
    {
        if (!Curves.IsFinite(value))
        {
            // Negative infinity rules an element out and is nothing wrong.
            if (Interop.FloatAsInt(value) != 0xFF80_0000u)
                Seen |= Wrong;
            return;
        }

        Seen |= Finite;
        ulong key = OrderedKey.Of(value, index);
        if (key > Best)
            Best = key;
        AddWeight(value, 1, scale);
    }

    /// <summary>Adds the weight of others, where they have one.</summary>
    /// <param name="max">Their largest.</param>
    /// <param name="sum">Their sum under it.</param>
    /// <param name="scale">One over the temperature.</param>
    public void AddWeight(float max, float sum, float scale)
    {
        if (sum == 0)
            return;
        if (Sum == 0)
        {
            Max = max;
            Sum = sum;
        }
        else if (max > Max)
        {
            Sum = sum + (Sum * Weight(Max, max, scale));
            Max = max;
        }
        else
        {
            Sum += sum * Weight(max, Max, scale);
        }
    }

    private static float Weight(float value, float greatest, float scale)
    {
        float exponent = (value - greatest) * scale;
        float weight = XMath.Exp(XMath.Max(exponent, LeastExponent));
        if (exponent < LeastExponent)
            weight = 0;
        return weight;
    }
}
