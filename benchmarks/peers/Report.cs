using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Peers;

/// <summary>Outcomes as text.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    /// <summary>One outcome, as it is shown while the others are still being measured.</summary>
    public static string Line(Outcome outcome)
    {
        string again = outcome.Discarded > 0 ? Format($", {outcome.Discarded} disturbed rounds run again") : "";
        string kept = outcome.Disturbed > 0 ? Format($", {outcome.Disturbed} of {outcome.Rounds} rounds disturbed") : "";
        return Format($"  {outcome.Work,-38} {outcome.Ours,9:F1} : {outcome.Theirs,9:F1} {outcome.Unit,-8}  {outcome.Ratio:F2} ({outcome.LowestRatio:F2} to {outcome.HighestRatio:F2}){again}{kept}");
    }

    /// <summary>A table in Markdown, and what long contexts cost each side.</summary>
    public static void WriteMarkdown(IReadOnlyList<Outcome> outcomes, TextWriter writer)
    {
        writer.WriteLine("| model | threads | work | unit | Inference | llama.cpp | ratio | lowest to highest | share of read bandwidth | rounds, disturbed |");
        writer.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (Outcome o in outcomes)
        {
            string share = o.ReadGigabytes is { } rate ? Format($"{o.OurShare:P0} : {o.TheirShare:P0} of {rate:F1} GB/s") : "";
            writer.WriteLine(Format($"| {o.Model} | {o.Threads} | {o.Work} | {o.Unit} | {o.Ours:F1} | {o.Theirs:F1} | {o.Ratio:F2} | {o.LowestRatio:F2} to {o.HighestRatio:F2} | {share} | {o.Rounds}, {o.Disturbed} |"));
        }

        writer.WriteLine();
        writer.WriteLine("Ratio: Inference / llama.cpp; above 1 is better for tokens/s, below 1 for ms and MiB.");
        foreach (IGrouping<(string Model, int Threads), Outcome> group in outcomes.GroupBy(o => (o.Model, o.Threads)))
        {
            WriteSlope(group, "prompt of ", writer);
            WriteSlope(group, "decode, 1 stream", writer);
        }
    }

    public static void WriteJson(IReadOnlyList<Outcome> outcomes, TextWriter writer) => writer.WriteLine(JsonSerializer.Serialize(outcomes, _json));

    private static void WriteSlope(IGrouping<(string Model, int Threads), Outcome> group, string works, TextWriter writer)
    {
        Outcome[] alike = [.. group.Where(o => o.Work.StartsWith(works, StringComparison.Ordinal))];
        for (int i = 1; i < alike.Length; i++)
            writer.WriteLine(Format($"{group.Key.Model}, {group.Key.Threads} {(group.Key.Threads == 1 ? "thread" : "threads")}: {alike[i].Work} at {alike[i].Ours / alike[0].Ours:F2} of the speed of {alike[0].Work} (llama.cpp {alike[i].Theirs / alike[0].Theirs:F2})"));
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
