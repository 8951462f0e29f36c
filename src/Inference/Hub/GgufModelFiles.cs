using Inference.Formats;

namespace Inference.Hub;

/// <summary>The GGUF files of a repository that make one model: one file, or all parts of a split one.</summary>
/// <param name="Stem">The path without the number of the part and the extension.</param>
/// <param name="Parts">The files, the first part first.</param>
/// <param name="Missing">The name of a part that is not there, or null.</param>
internal sealed record GgufModelFiles(string Stem, IReadOnlyList<HubEntry> Parts, string? Missing)
{
    /// <summary>The file to open.</summary>
    public HubEntry First => Parts[0];

    /// <summary>Whether it goes beside a language model rather than being one: a projector of images, or calibration data.</summary>
    public bool IsCompanion
    {
        get
        {
            string name = HubPath.NameOf(Stem);
            return name.Contains("mmproj", StringComparison.OrdinalIgnoreCase) || name.Contains("imatrix", StringComparison.OrdinalIgnoreCase);
        }
    }

    public static IReadOnlyList<GgufModelFiles> In(IEnumerable<HubEntry> entries) =>
        [.. entries.Where(entry => entry.Path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            .Select(entry => (Entry: entry, Part: PartName.Parse(entry.Path)))
            .GroupBy(file => file.Part is { } part ? (part.Stem, part.Count) : (Path.ChangeExtension(file.Entry.Path, null), 1))
            .Select(group => Join(group.Key.Item1, [.. group.OrderBy(file => file.Part?.Number ?? 1)]))];

    private static GgufModelFiles Join(string stem, (HubEntry Entry, PartName? Part)[] files)
    {
        string? missing = null;
        for (int i = 0; missing is null && i < files[0].Part?.Count; i++)
        {
            if (i >= files.Length || files[i].Part!.Number != i + 1)
                missing = files[0].Part!.Of(i + 1);
        }

        return new GgufModelFiles(stem, [.. files.Select(file => file.Entry)], missing);
    }
}
