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
                if (Peer(result) is { } peer)
                    json.WriteNumber("pytorch", peer);
                if (result.Target is { } target)
                    json.WriteNumber("target", target);
                if (Reached(result) is { } reached)
                    json.WriteNumber("reached", reached);
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
        AddTargets(table);
        foreach (IGrouping<string, Result> group in _results.GroupBy(result => result.Group))
        {
            table.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n| case | value | unit | share | target | PyTorch | ratio | |\n|---|---|---|---|---|---|---|---|\n");
            foreach (Result result in group)
            {
                double? peer = Peer(result);
                table.Append(CultureInfo.InvariantCulture, $"| {result.Name} | {Text(result)} | {result.Unit} | {Share(result).Trim()} | {Target(result)} | {(peer is { } value ? Number(value) : "")} | {(peer is { } other ? Number(result.Value / other) : "")} | {result.Note} |\n");
            }
        }

        return table.ToString();
    }

    /// <summary>What is wanted, before everything else: each case with a target, and whether it gets there.</summary>
    private void AddTargets(StringBuilder table)
    {
        if (!_results.Exists(result => result.Target is not null))
            return;
        table.Append("\n## targets\n\n| case | reached | target | |\n|---|---|---|---|\n");
        foreach (Result result in _results.Where(result => result.Target is not null))
        {
            double? reached = Reached(result);
            string verdict = reached is null ? $"no {(result.IsAgainstPeer ? "figure of PyTorch's" : "bound was measured")}" : reached >= result.Target ? "yes" : "no";
            table.Append(CultureInfo.InvariantCulture, $"| {result.Group}: {result.Name} | {(reached is { } value ? Part(result, value) : "")} | {Target(result)} | {verdict} |\n");
        }
    }

    private double? Peer(Result result) => _peer.TryGetValue((result.Group, result.Name), out double peer) && peer > 0 ? peer : null;

    /// <summary>What the target is compared with; null where it cannot be.</summary>
    private double? Reached(Result result) => result switch
    {
        { Target: null } => null,
        { IsAgainstPeer: true } => result.Value / Peer(result),
        { Unit: Result.Ratio } => result.Value,
        _ => result.Bound is > 0 ? result.Value / result.Bound : null,
    };

    private static string Target(Result result) => result.Target is { } target ? Part(result, target) : "";

    private static string Part(Result result, double value) => result.Unit == Result.Ratio
        ? string.Create(CultureInfo.InvariantCulture, $"{value:0.#} x")
        : string.Create(CultureInfo.InvariantCulture, $"{value:P0} of {(result.IsAgainstPeer ? "PyTorch" : "the bound")}");

    private static string Share(Result result) => result.Bound is { } bound and > 0 ? string.Create(CultureInfo.InvariantCulture, $" {result.Value / bound:P0}") : "";

    private static string Text(Result result) => result.Unit == Result.Pass ? (result.Value == 1 ? "yes" : "NO") : Number(result.Value);

    private static string Number(double value) => value.ToString(Math.Abs(value) is >= 100 or 0 ? "F0" : Math.Abs(value) >= 0.01 ? "G4" : "E2", CultureInfo.InvariantCulture);
}
