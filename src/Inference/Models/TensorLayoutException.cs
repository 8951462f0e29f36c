namespace Inference.Models;

/// <summary>A tensor that cannot be brought into the layout that is computed with. Whoever knows the file says which one it is.</summary>
/// <param name="tensor">Its name in the file, or its GGUF name where the file lacks it.</param>
/// <param name="problem">What is wrong, without the place.</param>
internal sealed class TensorLayoutException(string tensor, string problem) : Exception($"tensor '{tensor}': {problem}")
{
    public string Tensor { get; } = tensor;

    public string Problem { get; } = problem;
}
