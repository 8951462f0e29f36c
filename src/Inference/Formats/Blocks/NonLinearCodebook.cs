using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>The 16 values that the codes of IQ4_NL and IQ4_XS stand for, each plus 128.</summary>
internal static class NonLinearCodebook
{
    public static Vector128<byte> Codes => Vector128.Create(
        (byte)(128 - 127), 128 - 104, 128 - 83, 128 - 65, 128 - 49, 128 - 35, 128 - 22, 128 - 10,
        128 + 1, 128 + 13, 128 + 25, 128 + 38, 128 + 53, 128 + 69, 128 + 89, 128 + 113);
}
