using ILGPU.Runtime;

namespace Inference.Ilgpu.Accelerators;

/// <summary>The accelerators of a context under names that tell them apart, and the search among them.</summary>
internal sealed class AcceleratorList
{
    private readonly Device[] _devices;

    public AcceleratorList(AcceleratorContext context)
    {
        _devices = [.. context.Devices];
        List<AcceleratorDescription> descriptions = [];
        foreach (Device device in _devices)
        {
            int alike = _devices.TakeWhile(other => other != device).Count(other => other.Name == device.Name);
            string name = alike == 0 ? device.Name : $"{device.Name} #{alike + 1}";
            descriptions.Add(new AcceleratorDescription(AcceleratorContext.Kind(device.AcceleratorType), name, device.MemorySize));
        }

        Descriptions = descriptions;
    }

    public IReadOnlyList<AcceleratorDescription> Descriptions { get; }

    /// <summary>The best that is not the emulation.</summary>
    /// <exception cref="AcceleratorNotFoundException">There is only that.</exception>
    public Device Best() => _devices.FirstOrDefault(device => device.AcceleratorType != AcceleratorType.CPU)
        ?? throw new AcceleratorNotFoundException($"There is no CUDA card and no OpenCL device here, only ILGPU's emulation, which is far slower than the CPU device; name it (\"{nameof(AcceleratorKind.Cpu)}\") to use it all the same", Descriptions);

    /// <summary>The one of that name or kind.</summary>
    /// <exception cref="AcceleratorNotFoundException">None is, or several are.</exception>
    public Device Find(string wanted)
    {
        // Whole names first: one may be part of another.
        int[] matches = Matches(description => string.Equals(description.Name, wanted, StringComparison.OrdinalIgnoreCase));
        if (matches.Length == 0)
            matches = [.. Matches(description => string.Equals(description.Kind.ToString(), wanted, StringComparison.OrdinalIgnoreCase)).Take(1)];
        if (matches.Length == 0 && !string.IsNullOrWhiteSpace(wanted))
            matches = Matches(description => description.Name.Contains(wanted, StringComparison.OrdinalIgnoreCase));
        return matches.Length switch
        {
            1 => _devices[matches[0]],
            0 => throw new AcceleratorNotFoundException($"There is no accelerator '{wanted}' here", Descriptions),
            _ => throw new AcceleratorNotFoundException($"'{wanted}' is part of the names of several accelerators", Descriptions),
        };
    }

    private int[] Matches(Func<AcceleratorDescription, bool> isMeant) => [.. Enumerable.Range(0, _devices.Length).Where(i => isMeant(Descriptions[i]))];
}
