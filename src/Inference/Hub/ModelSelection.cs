using Inference.Formats;

namespace Inference.Hub;

/// <summary>Which of a repository's files make the model that is asked for.</summary>
/// <param name="Primary">What to load; null for the folder that the files lie in.</param>
/// <param name="Files">What to fetch.</param>
/// <param name="Index">Among the files, the index that names more of them, or null.</param>
internal sealed record ModelSelection(HubEntry? Primary, IReadOnlyList<HubEntry> Files, HubEntry? Index = null)
{
    private const int LongestIndex = 64 << 20;

    /// <summary>What reading a safetensors model takes beside the weights, where the repository has it.</summary>
    private static readonly string[] _companions =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "tokenizer.model", "vocab.json", "merges.txt", "vocab.txt", "chat_template.jinja", "chat_template.json",
    ];

    /// <summary>Chooses.</summary>
    /// <exception cref="HubChoiceException">Nothing fits, or several models do.</exception>
    /// <exception cref="HubNotFoundException">A part of the model is not there.</exception>
    public static ModelSelection Choose(HubReference reference, IReadOnlyList<HubEntry> entries)
    {
        GgufModelFiles[] models = [.. GgufModelFiles.In(entries)];
        if (reference.Selection is not { } wanted)
            return models.Any(model => !model.IsCompanion) ? OfOne([.. models.Where(model => !model.IsCompanion)], reference) : Folder(reference, entries);

        if (FindFile(entries, wanted) is { } file)
        {
            if (Array.Find(models, model => model.Parts.Contains(file)) is { } model)
                return OfOne([model], reference);
            return file.Path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
                ? new ModelSelection(file, [.. Companions(entries, HubPath.FolderOf(file.Path)), file])
                : new ModelSelection(file, [file]);
        }

        GgufModelFiles[] usual = [.. models.Where(model => !model.IsCompanion)];
        IReadOnlyList<GgufModelFiles> found = QuantName.Matches(usual, wanted);
        if (found.Count == 0)
            throw None(reference, $"no file or quantisation '{HubText.Plain(wanted)}'", usual.Length > 0 ? usual.Select(m => m.First.Path) : entries.Select(e => e.Path));
        return OfOne(found, reference);
    }

    /// <summary>The files of a model whose index has been fetched.</summary>
    /// <param name="reference">What is asked for.</param>
    /// <param name="entries">The repository's files.</param>
    /// <param name="pathOfIndex">Where the index lies now.</param>
    /// <exception cref="ModelFormatException">The index is malformed.</exception>
    /// <exception cref="HubNotFoundException">The repository lacks a shard.</exception>
    public ModelSelection WithShards(HubReference reference, IReadOnlyList<HubEntry> entries, string pathOfIndex)
    {
        HashSet<string> names = [.. SafetensorsIndex.Read(pathOfIndex, LongestIndex).Select(pair => pair.Shard)];
        IEnumerable<HubEntry> shards = names.Order(StringComparer.Ordinal).Select(name => entries.FirstOrDefault(entry => entry.Path == name)
            ?? throw Missing(reference, name, $"its index names the shard {HubText.Plain(name)}, which is not there"));
        return this with { Files = [.. Files, .. shards.ToArray()], Index = null };
    }

    private static HubEntry? FindFile(IReadOnlyList<HubEntry> entries, string wanted)
    {
        if (entries.FirstOrDefault(entry => entry.Path == wanted) is { } exact)
            return exact;
        // By its name alone, with or without extension, where only one can be meant.
        HubEntry[] named = [.. entries.Where(entry => HubPath.NameOf(entry.Path) == wanted || entry.Path == wanted + ".gguf" || HubPath.NameOf(entry.Path) == wanted + ".gguf")];
        return named.Length == 1 ? named[0] : null;
    }

    private static ModelSelection OfOne(IReadOnlyList<GgufModelFiles> models, HubReference reference)
    {
        if (models.Count > 1)
        {
            string[] choices = [.. models.Select(model => model.First.Path)];
            throw new HubChoiceException(reference.Repository, choices, $"{reference.Repository} has {choices.Length} models that could be meant; name one behind a colon: {HubText.List(choices)}.");
        }

        return models[0].Missing is { } missing
            ? throw Missing(reference, missing, $"the part {HubText.Plain(missing)} is not there")
            : new ModelSelection(models[0].First, models[0].Parts);
    }

    private static ModelSelection Folder(HubReference reference, IReadOnlyList<HubEntry> entries)
    {
        HubEntry? Find(string name) => entries.FirstOrDefault(entry => entry.Path == name);

        HubEntry[] weights = [.. entries.Where(entry => entry.Path.EndsWith(".safetensors", StringComparison.Ordinal) && !entry.Path.Contains('/', StringComparison.Ordinal))];
        HubEntry? index = Find(ModelFolder.Index);
        if (index is null && weights.Length == 0)
            throw None(reference, "neither a GGUF nor a safetensors model", entries.Select(entry => entry.Path));
        if (Find("config.json") is null)
            throw Missing(reference, "config.json", "it has safetensors and no config.json, without which they are no model");

        HubEntry[] companions = Companions(entries, "");
        if (index is not null)
            return new ModelSelection(null, [.. companions, index], index);
        HubEntry? single = Find(ModelFolder.SingleFile) ?? (weights.Length == 1 ? weights[0] : null);
        return single is not null
            ? new ModelSelection(null, [.. companions, single])
            : throw new HubChoiceException(reference.Repository, [.. weights.Select(entry => entry.Path)], $"{reference.Repository} has {weights.Length} safetensors files and no index; name one behind a colon: {HubText.List([.. weights.Select(entry => entry.Path)])}.");
    }

    private static HubEntry[] Companions(IReadOnlyList<HubEntry> entries, string folder) =>
        [.. entries.Where(entry => HubPath.FolderOf(entry.Path) == folder && _companions.Contains(HubPath.NameOf(entry.Path)))];

    private static HubChoiceException None(HubReference reference, string what, IEnumerable<string> there)
    {
        string[] choices = [.. there];
        return new HubChoiceException(reference.Repository, choices, $"{reference.Repository} has {what}; there is {(choices.Length == 0 ? "nothing" : HubText.List(choices))}.");
    }

    private static HubNotFoundException Missing(HubReference reference, string file, string problem) =>
        new(reference.Repository, file, null, $"{reference.Repository} is not whole: {problem}.");
}
