using System.Text.Json;

namespace Inference.Formats;

/// <summary>
/// An open safetensors model: one file, or the shards that an index names, with the <c>config.json</c> beside them. The headers are
/// checked on opening: what a tensor says of its place and size is true.
/// </summary>
/// <remarks>Format: https://huggingface.co/docs/safetensors. Reading is safe from any number of threads.</remarks>
public sealed unsafe class SafetensorsModel : ModelFile
{
    private const int LongestConfig = 4 << 20;
    private const int LongestIndex = 64 << 20;

    private readonly List<MappedFile> _files = [];
    private readonly OrderedDictionary<string, StoredTensor> _tensors = [];

    private SafetensorsModel(string path, string folder)
    {
        Path = path;
        Folder = folder;
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <summary>The folder that the files lie in.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

    /// <inheritdoc/>
    public override long ByteLength => _files.Sum(file => file.Length);

    /// <summary>The object in <c>config.json</c>, or null where there is no such file.</summary>
    public JsonElement? Config { get; private set; }

    /// <summary>Opens a model.</summary>
    /// <param name="path">
    /// A <c>.safetensors</c> file, an index (<c>*.safetensors.index.json</c>), or the folder of one of these.
    /// </param>
    /// <exception cref="ModelFormatException">
    /// The folder holds no such file, or several; a file is malformed, missing, or uses what this library does not support.
    /// </exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static new SafetensorsModel Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = path;
        if (Directory.Exists(path))
        {
            file = ModelFolder.FindSafetensors(path) ?? throw new ModelFormatException(
                path, null, -1, $"the folder holds neither {ModelFolder.Index}, {ModelFolder.SingleFile} nor another .safetensors file");
        }

        SafetensorsModel model = new(path, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(file))!);
        try
        {
            if (file.EndsWith(ModelFolder.IndexSuffix, StringComparison.OrdinalIgnoreCase))
                model.AddShards(file);
            else
                model.AddAll(file);
            model.ReadConfig();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (MappedFile file in _files)
            file.Dispose();
    }

    private void AddAll(string path)
    {
        (MappedFile file, SafetensorsHeader header) = Map(path);
        foreach (SafetensorsEntry entry in header.Tensors.Values)
            _tensors.Add(entry.Name, Store(file, entry));
    }

    private void AddShards(string index)
    {
        Dictionary<string, (MappedFile File, SafetensorsHeader Header)> shards = new(StringComparer.Ordinal);
        foreach ((string name, string shard) in SafetensorsIndex.Read(index, LongestIndex))
        {
            if (!shards.TryGetValue(shard, out (MappedFile File, SafetensorsHeader Header) mapped))
            {
                string path = System.IO.Path.Combine(Folder, shard);
                if (!File.Exists(path))
                    throw new ModelFormatException(index, name, -1, $"the shard {shard} is missing");
                shards.Add(shard, mapped = Map(path));
            }

            if (!mapped.Header.Tensors.TryGetValue(name, out SafetensorsEntry? entry))
                throw new ModelFormatException(index, name, -1, $"the shard {shard} does not hold the tensor");
            _tensors.Add(name, Store(mapped.File, entry));
        }
    }

    private (MappedFile File, SafetensorsHeader Header) Map(string path)
    {
        MappedFile file = MappedFile.Open(path);
        _files.Add(file);
        return (file, SafetensorsHeader.Read(file));
    }

    private void ReadConfig()
    {
        string path = System.IO.Path.Combine(Folder, "config.json");
        if (!File.Exists(path))
            return;
        JsonElement config = JsonFile.Read(path, LongestConfig);
        if (config.ValueKind != JsonValueKind.Object)
            throw new ModelFormatException(path, null, 0, $"an object was expected and {config.ValueKind} found");
        Config = config;
    }

    private static StoredTensor Store(MappedFile file, SafetensorsEntry entry) =>
        new(entry.Name, entry.Type, entry.Shape, (nint)file.At(entry.Start), entry.ByteLength) { Mapping = (file, entry.Start) };
}
