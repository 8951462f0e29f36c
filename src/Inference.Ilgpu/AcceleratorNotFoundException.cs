namespace Inference.Ilgpu;

/// <summary>This machine has no accelerator such as was asked for; the message lists those that it has.</summary>
public sealed class AcceleratorNotFoundException : InferenceException
{
    internal AcceleratorNotFoundException(string wanted, IReadOnlyList<AcceleratorDescription> found)
        : base($"{wanted}. Found: {(found.Count == 0 ? "none" : string.Join("; ", found.Select(Describe)))}.") => Found = found;

    /// <summary>The accelerators of this machine.</summary>
    public IReadOnlyList<AcceleratorDescription> Found { get; }

    private static string Describe(AcceleratorDescription accelerator) => $"{accelerator.Name} ({accelerator.Kind})";
}
