namespace Inference.Execution;

/// <summary>Consecutive layers.</summary>
/// <param name="First">The first.</param>
/// <param name="Count">How many; may be none.</param>
internal readonly record struct LayerRange(int First, int Count)
{
    /// <summary>Deals a model's layers out to devices, in order.</summary>
    /// <returns>One range for each part; the last takes what no other has room for.</returns>
    public static LayerRange[] Deal(IReadOnlyList<DevicePart> parts, ModelFootprint model)
    {
        var ranges = new LayerRange[parts.Count];
        int first = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            int left = model.Layers.Count - first;
            int count = i == parts.Count - 1 ? left : Math.Min(left, parts[i].Layers ?? Fitting(parts[i].Device, model, first));
            ranges[i] = new LayerRange(first, count);
            first += count;
        }

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
            // Who has the last layer has the head.
            if (free < (layer == model.Layers.Count - 1 ? model.Output.Sum(device.BytesOf) : 0))
                break;
        }

        return count;
    }
}
