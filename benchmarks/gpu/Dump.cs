using System.Runtime.InteropServices;
using System.Text.Json;

namespace Inference.GpuBenchmark;

/// <summary>Inputs and outputs for another program: 32-bit floats, row by row, a file each, and a manifest that names them.</summary>
internal sealed class Dump
{
    private readonly string _folder;
    private readonly MemoryStream _manifest = new();
    private readonly Utf8JsonWriter _json;
    private int _files;

    public Dump(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        _json = new Utf8JsonWriter(_manifest, new() { Indented = true });
        _json.WriteStartArray();
    }

    /// <summary>Writes a case.</summary>
    /// <param name="name">What it is; the first word says what is to be computed.</param>
    /// <param name="sizes">Its dimensions.</param>
    /// <param name="tolerance">The relative error that is allowed.</param>
    /// <param name="arrays">The values by name.</param>
    public void Add(string name, Dictionary<string, int> sizes, double tolerance, params ReadOnlySpan<(string Name, float[] Values)> arrays)
    {
        _json.WriteStartObject();
        _json.WriteString("name", name);
        _json.WriteNumber("tolerance", tolerance);
        foreach ((string size, int value) in sizes)
            _json.WriteNumber(size, value);
        foreach ((string array, float[] values) in arrays)
        {
            string file = $"{_files++}.f32";
            File.WriteAllBytes(Path.Combine(_folder, file), MemoryMarshal.AsBytes<float>(values));
            _json.WriteString(array, file);
        }

        _json.WriteEndObject();
    }

    public void Save()
    {
        _json.WriteEndArray();
        _json.Flush();
        File.WriteAllBytes(Path.Combine(_folder, "manifest.json"), _manifest.ToArray());
    }
}
