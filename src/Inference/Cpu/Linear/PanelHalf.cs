using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu.Linear;

/// <summary>
/// How a panel keeps IEEE halves: a sign, five bits of exponent with a bias of 25 instead of 15, ten bits of fraction, and no subnormals.
/// </summary>
/// <remarks>
/// That is every half below 128, exactly. It becomes a float by a shift, a mask and one multiplication that never meets a
/// subnormal; IEEE halves take three times as many operations, which would keep a layer from reading at the memory's speed.
/// </remarks>
internal static unsafe class PanelHalf
{
    /// <summary>The sign and, in the places of a float, exponent and fraction, after sign extension and a shift by 13.</summary>
    public const int Mask = unchecked((int)0x8fffe000);

    /// <summary>2 to the power of 127 - 25: what a float of those bits is multiplied by.</summary>
    public const float Unit = 5.0706024e30f;

    private const uint BiasGap = (127 - 25) << 10;

    /// <summary>Converts IEEE halves.</summary>
    /// <param name="source">The halves.</param>
    /// <param name="destination">Receives as many numbers.</param>
    /// <param name="count">How many, a multiple of 16.</param>
    /// <returns>False where one is 128 or more in magnitude, infinite or no number.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryConvert(ushort* source, ushort* destination, int count)
    {
        Vector256<ushort> largest = Vector256<ushort>.Zero;
        for (int i = 0; i < count; i += Vector256<ushort>.Count)
        {
            Vector256<ushort> halves = Vector256.Load(source + i);
            largest = Vector256.Max(largest, halves & Vector256.Create((ushort)0x7fff));
            Vector512<uint> bits = HalfConversion.ToSingle(halves).AsUInt32();
            Vector512<uint> magnitude = bits & Vector512.Create(0x7fffffffu);
            Vector512<uint> number = (magnitude >>> 13) - Vector512.Create(BiasGap);
            number = Vector512.ConditionalSelect(Vector512.Equals(magnitude, Vector512<uint>.Zero), magnitude, number);
            number |= bits >>> 16 & Vector512.Create(0x8000u);
            Vector512.Narrow(number, number).GetLower().Store(destination + i);
        }

        return !Vector256.GreaterThanAny(largest, Vector256.Create((ushort)0x57ff));
    }
}
