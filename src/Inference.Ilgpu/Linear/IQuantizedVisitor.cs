namespace Inference.Ilgpu.Linear;

/// <summary>Makes something of the types that a <see cref="QuantizedForm"/> stands for.</summary>
/// <typeparam name="T">What it makes.</typeparam>
internal interface IQuantizedVisitor<out T>
{
    T Visit<TCodes, TScales>()
        where TCodes : struct, ICodes
        where TScales : struct, IScales;
}
