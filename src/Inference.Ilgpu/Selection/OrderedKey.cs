using ILGPU;

namespace Inference.Ilgpu.Selection;

/// <summary>A finite float with its index as one integer that orders both: the larger float first, the lower index among equals.</summary>
internal static class OrderedKey
{
    /// <summary>Below the key of every finite float.</summary>
    public const ulong None = 0;

    public static ulong Of(float value, int index)
    {
        uint bits = Interop.FloatAsInt(value);
        // Minus zero equals zero.
        if (bits == 0x8000_0000u)
            bits = 0;
        uint ordered = bits ^ 0x8000_0000u;
        if ((bits & 0x8000_0000u) != 0)
            ordered = ~bits;
        return ((ulong)ordered << 32) | ~(uint)index;
    }

    public static int Index(ulong key) => (int)~(uint)key;

    /// <summary>The float; for the host.</summary>
    public static float Value(ulong key)
    {
        uint ordered = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((ordered & 0x8000_0000u) != 0 ? ordered ^ 0x8000_0000u : ~ordered);
    }
}
