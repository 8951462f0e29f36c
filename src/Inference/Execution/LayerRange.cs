using Inference.Formats;

namespace Inference.Execution;

/// <summary>Consecutive layers.</summary>
/// <param name="First">The first.</param>
/// <param name="Count">How many; may be none.</param>
internal readonly record struct LayerRange(int First, int Count)
{
    /// <summary>Deals a model's layers out to devices, in order.</summary>
    /// <returns>One range for each part; a last one without a limit takes what no other has room for.</returns>
    /// <exception cref="ArgumentException">All parts have a limit, and there are more layers.</exception>
    public static LayerRange[] Deal(IReadOnlyList<DevicePart> parts, ModelFootprint model)
    {
        var ranges = new LayerRange[parts.Count];
        int first = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            int left = model.Layers.Count - first;
            int fitting = parts[i].Layers ?? (i == parts.Count - 1 ? left : Fitting(parts[i].Device, model, first));
            int count = Math.Min(left, fitting);
            ranges[i] = new LayerRange(first, count);
            first += count;
        }

        if (first < model.Layers.Count)
            throw new ArgumentException($"The devices take {first} of the model's {model.Layers.Count} layers: the last one must have no limit, or a higher one.", nameof(parts));
        return ranges;
    }

    private static int Fitting(Device device, ModelFootprint model, int first)
    {
        if (device.FreeBytes is not { } free)
            return model.Layers.Count - first;
        free -= model.ActivationBytes;
        if (first == 0)
            free -= model.Input.Sum(device.BytesOf);
        int count = 0;
        for (int layer = first; layer < model.Layers.Count; layer++, count++)
        {
            free -= model.Layers[layer].Sum(device.BytesOf) + model.CacheBytesPerLayer;
            // Who has the last layer has the head, which may be a table that it has already.
            IEnumerable<StoredTensor> output = first == 0 ? model.Output.Except(model.Input) : model.Output;
            if (free < (layer == model.Layers.Count - 1 ? output.Sum(device.BytesOf) : 0))
                break;
        }

        return count;
    }
}
