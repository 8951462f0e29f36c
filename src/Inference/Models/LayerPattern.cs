namespace Inference.Models;

/// <summary>Which layers differ from the others, where every so many layers are alike.</summary>
internal static class LayerPattern
{
    /// <summary>The last of each so many layers; empty, which stands for none, where it is 0.</summary>
    public static bool[] LastOfEach(int period, int layers) =>
        period <= 0 || layers < 1 ? [] : [.. Enumerable.Range(0, Math.Min(layers, 4096)).Select(layer => layer % period == period - 1)];

    /// <summary>All but those; empty, which stands for all, where it is 0.</summary>
    public static bool[] AllButLastOfEach(int period, int layers) => Array.ConvertAll(LastOfEach(period, layers), last => !last);
}
