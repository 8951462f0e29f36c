using System.Runtime.Intrinsics;
using Inference.Formats.Blocks;

namespace Inference.Cpu.Linear;

/// <summary>The codes that the four-bit indices of a type stand for.</summary>
internal static class Codebook
{
    /// <summary>Of IQ4_NL and IQ4_XS; zero is 128.</summary>
    public static Vector128<byte> NonLinear => NonLinearCodebook.Codes;

    /// <summary>Of MXFP4: twice the number; zero is 16, so that codes stay below 64.</summary>
    public static Vector128<byte> Fp4 => Vector128.Create(
        (byte)16, 17, 18, 19, 20, 22, 24, 28,
        16, 15, 14, 13, 12, 10, 8, 4);
}
