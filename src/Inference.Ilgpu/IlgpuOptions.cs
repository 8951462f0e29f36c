namespace Inference.Ilgpu;

/// <summary>What to compute on, and with how much of it.</summary>
public sealed record IlgpuOptions
{
    /// <summary>
    /// The accelerators to use, each by its name (<see cref="AcceleratorDescription.Name"/>, or a part of it that no other has) or by its kind
    /// ("Cuda", "OpenCL", "Cpu"), which means the first of that kind. With more than one the model's layers are dealt out among them in this
    /// order. Empty: the first CUDA card, or else the first OpenCL device. ILGPU's emulation is used only where it is named.
    /// </summary>
    public IReadOnlyList<string> Accelerators { get; init; } = [];

    /// <summary>Share of a card's memory that may be used, weights, cache and activations together; above 0, at most 1.</summary>
    public double MemoryFraction { get; init; } = 0.9;

    /// <summary>
    /// How many of the model's layers to compute on the accelerators; the others are computed by the CPU device. Null: as many as their
    /// memory holds, where the driver tells how much is free, else all.
    /// </summary>
    public int? GpuLayers { get; init; }

    /// <summary>Threads of the CPU device, where it computes some of the layers. Null: one for each physical core that the process may use.</summary>
    public int? Threads { get; init; }

    /// <summary>Repeat steps that decode one token of each sequence as CUDA graphs, where the driver has them. Never changes results.</summary>
    public bool UseGraphs { get; init; } = true;

    /// <summary>Whether the accelerator selects the greatest logits for the sampler. Null: where it has memory of its own, from which rows would have to be copied.</summary>
    internal bool? SelectsTop { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    internal void Validate()
    {
        if (!(MemoryFraction > 0 && MemoryFraction <= 1))
            throw new ArgumentOutOfRangeException(nameof(MemoryFraction), MemoryFraction, $"{nameof(MemoryFraction)} must be above 0 and at most 1.");
        if (GpuLayers < 0)
            throw new ArgumentOutOfRangeException(nameof(GpuLayers), GpuLayers, $"{nameof(GpuLayers)} must be 0 or more.");
        if (Threads is < 1 or > 1024)
            throw new ArgumentOutOfRangeException(nameof(Threads), Threads, $"{nameof(Threads)} must be from 1 to 1024.");
        ArgumentNullException.ThrowIfNull(Accelerators);
        if (Accelerators.Contains(null!))
            throw new ArgumentException($"{nameof(Accelerators)} has a name that is null.", nameof(Accelerators));
    }
}
