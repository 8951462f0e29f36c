using System.Globalization;
using System.Text.Json;
using Inference.Simulation.Measurement;

namespace Inference.Simulation.Experiments;

/// <summary>Writes results for people or for programs.</summary>
internal static class ResultTable
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };

    public static void WriteJson(IReadOnlyList<Result> results, TextWriter output) => output.WriteLine(JsonSerializer.Serialize(results, _json));

    public static void Write(IReadOnlyList<Result> results, TextWriter output)
    {
        string[] cases = [.. results[0].Case.Keys], figures = [.. results[0].Figures.Keys];
        string[][] rows =
        [
            [.. cases, "requests", "refused", "req/s", "tokens/s", "goodput", "TTFT p50", "p90", "p99", "TPOT p50", "p99", "ITL p50", "p99", "queue p99", "hits %", "again %", "preempt", "busy %", .. figures, "cpu s"],
            .. results.Select(result => (string[])[.. cases.Select(name => result.Case[name]), .. Cells(result.Summary), .. figures.Select(name => Number(result.Figures[name], "G4")), Number(result.CpuSeconds, "F2")]),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadLeft(widths[column]))));
    }

    private static string[] Cells(RunSummary s) =>
    [
        Number(s.Requests, "F0"), Number(s.Refused, "F0"), Number(s.RequestsPerSecond, "F2"), Number(s.TokensPerSecond, "F0"), Number(s.Goodput, "F2"),
        Time(s.FirstToken.P50), Time(s.FirstToken.P90), Time(s.FirstToken.P99), Time(s.PerToken.P50), Time(s.PerToken.P99), Time(s.Gap.P50), Time(s.Gap.P99), Time(s.Queue.P99),
        Number(100 * s.HitShare, "F1"), Number(100 * s.RecomputedShare, "F1"), Number(s.Preemptions, "F0"), Number(100 * s.BusyShare, "F0"),
    ];

    private static string Time(double seconds) => seconds switch
    {
        0 => "0",
        < 1 => Number(seconds * 1e3, seconds < 0.1 ? "F1" : "F0") + "ms",
        _ => Number(seconds, seconds < 100 ? "F2" : "F0") + "s",
    };

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
