using System.Diagnostics;

namespace Inference.Ilgpu.Linear;

/// <summary>Of what parts kernels for a quantised matrix are made.</summary>
/// <param name="CodeBits">Bits of a code: 4, 6 or 8.</param>
/// <param name="IsSigned">Whether codes of 4 and 6 bits are signed.</param>
/// <param name="Scales">What codes are multiplied by.</param>
internal readonly record struct QuantizedForm(int CodeBits, bool IsSigned, ScaleForm Scales)
{
    /// <summary>Calls the visitor with the types that stand for the parts.</summary>
    public T Accept<T>(IQuantizedVisitor<T> visitor) => (CodeBits, IsSigned, Scales) switch
    {
        (8, _, ScaleForm.Half) => visitor.Visit<Codes8, HalfScales>(),
        (8, _, ScaleForm.Single) => visitor.Visit<Codes8, SingleScales>(),
        (6, true, ScaleForm.Half) => visitor.Visit<SignedCodes6, HalfScales>(),
        (6, false, ScaleForm.Affine) => visitor.Visit<Codes6, AffineScales>(),
        (6, true, ScaleForm.Signed) => visitor.Visit<SignedCodes6, SignedScales>(),
        (6, false, ScaleForm.Single) => visitor.Visit<Codes6, SingleScales>(),
        (4, true, ScaleForm.Half) => visitor.Visit<SignedCodes4, HalfScales>(),
        (4, false, ScaleForm.Affine) => visitor.Visit<Codes4, AffineScales>(),
        (4, false, ScaleForm.Single) => visitor.Visit<Codes4, SingleScales>(),
        (4, true, ScaleForm.Single) => visitor.Visit<SignedCodes4, SingleScales>(),
        _ => throw new UnreachableException($"No type has {this}."),
    };
}
