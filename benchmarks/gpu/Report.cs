using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Inference.GpuBenchmark;

/// <summary>Collects figures, shows them as they come, and writes them as JSON and as a table beside another program's.</summary>
internal sealed class Report(string device)
{
    private readonly List<Result> _results = [];
    private readonly Dictionary<(string Group, string Name), double> _peer = [];

    /// <summary>Whether a check failed.</summary>
    public bool HasFailures => _results.Exists(result => result.Unit == Result.Pass && result.Value == 0);

    public void Add(Result result)
    {
        _results.Add(result);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {result.Group,-18} {result.Name,-44} {Text(result),14} {result.Unit}{Share(result)} {result.Note}"));
    }

    /// <summary>Reads figures of another program: {"results": [{"group", "name", "value"}]}.</summary>
    public void ReadPeer(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        foreach (JsonElement item in document.RootElement.GetProperty("results").EnumerateArray())
            _peer[(item.GetProperty("group").GetString()!, item.GetProperty("name").GetString()!)] = item.GetProperty("value").GetDouble();
    }

    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        using (FileStream file = File.Create(Path.Combine(folder, "results.json")))
        using (var json = new Utf8JsonWriter(file, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("device", device);
            json.WriteStartArray("results");
            foreach (Result result in _results)
            {
                json.WriteStartObject();
                json.WriteString("group", result.Group);
                json.WriteString("name", result.Name);
                if (double.IsFinite(result.Value))
                    json.WriteNumber("value", result.Value);
                else
                    json.WriteNull("value");
                json.WriteString("unit", result.Unit);
                if (result.Bound is { } bound)
                    json.WriteNumber("bound", bound);
                if (_peer.TryGetValue((result.Group, result.Name), out double peer))
                    json.WriteNumber("pytorch", peer);
                json.WriteString("note", result.Note);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        File.WriteAllText(Path.Combine(folder, "results.md"), Table());
    }

    private string Table()
    {
        var table = new StringBuilder($"# {device}\n");
        foreach (IGrouping<string, Result> group in _results.GroupBy(result => result.Group))
        {
            table.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n| case | value | unit | share | PyTorch | ratio | |\n|---|---|---|---|---|---|---|\n");
            foreach (Result result in group)
            {
                bool compared = _peer.TryGetValue((result.Group, result.Name), out double peer) && peer > 0;
                table.Append(CultureInfo.InvariantCulture, $"| {result.Name} | {Text(result)} | {result.Unit} | {Share(result).Trim()} | {(compared ? Number(peer) : "")} | {(compared ? Number(result.Value / peer) : "")} | {result.Note} |\n");
            }
        }

        return table.ToString();
    }

    private static string Share(Result result) => result.Bound is { } bound and > 0 ? string.Create(CultureInfo.InvariantCulture, $" {result.Value / bound:P0}") : "";

    private static string Text(Result result) => result.Unit == Result.Pass ? (result.Value == 1 ? "yes" : "NO") : Number(result.Value);

    private static string Number(double value) => value.ToString(Math.Abs(value) is >= 100 or 0 ? "F0" : Math.Abs(value) >= 0.01 ? "G4" : "E2", CultureInfo.InvariantCulture);
}
