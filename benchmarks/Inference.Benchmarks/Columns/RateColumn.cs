using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Parameters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Inference.Ceilings;

namespace Inference.Benchmarks.Columns;

/// <summary>A rate of what a benchmark does: what <see cref="IMeasuredWork"/> says, over its mean time.</summary>
internal sealed class RateColumn : IColumn
{
    private readonly Func<Work, double, string> _text;

    private RateColumn(string name, string legend, Func<Work, double, string> text)
    {
        ColumnName = name;
        Legend = legend;
        _text = text;
    }

    /// <summary>Bytes, operations and tokens a second, and how near the ceiling that is.</summary>
    public static IColumn[] All { get; } =
    [
        new RateColumn("GB/s", "Bytes read (and written) a second / 10^9", (work, seconds) => Rate(work.Bytes, seconds * 1e9)),
        new RateColumn("GOP/s", "Multiplications and additions a second / 10^9", (work, seconds) => Rate(work.Operations, seconds * 1e9)),
        new RateColumn("tokens/s", "Tokens a second, over all streams", (work, seconds) => Rate(work.Tokens, seconds)),
        new RateColumn("of ceiling", "Share of what this machine can do, measured in this process on as many threads: reading memory, int8 or float arithmetic", Share),
    ];

    public string Id => $"{nameof(RateColumn)}.{ColumnName}";

    public string ColumnName { get; }

    public string Legend { get; }

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics || Activator.CreateInstance(benchmarkCase.Descriptor.Type) is not IMeasuredWork measured)
            return "";
        foreach (ParameterInstance parameter in benchmarkCase.Parameters.Items)
            benchmarkCase.Descriptor.Type.GetProperty(parameter.Name)!.SetValue(measured, parameter.Value);
        return _text(measured.WorkOf(benchmarkCase.Descriptor.WorkloadMethod.Name), statistics.Mean * 1e-9);
    }

    private static string Rate(double amount, double per)
    {
        double rate = amount / per;
        return amount == 0 ? "" : rate.ToString(rate < 1 ? "G3" : "F1", CultureInfo.InvariantCulture);
    }

    private static string Share(Work work, double seconds)
    {
        if (work.Ceiling == Ceiling.None)
            return "";
        MachineCeilings ceilings = MachineCeilings.Of(Setup.Threads);
        (double amount, double? ceiling, string unit) = work.Ceiling switch
        {
            Ceiling.Memory => (work.Bytes, ceilings.ReadBytes, "GB/s"),
            Ceiling.ByteArithmetic => (work.Operations, ceilings.Int8Operations, "int8 GOP/s"),
            _ => (work.Operations, ceilings.FloatOperations, "GFLOP/s"),
        };
        return ceiling is { } most ? string.Create(CultureInfo.InvariantCulture, $"{100 * amount / seconds / most:F0}% of {most / 1e9:F0} {unit}") : "";
    }
}
