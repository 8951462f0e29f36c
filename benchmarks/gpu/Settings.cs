using System.Globalization;

namespace Inference.GpuBenchmark;

/// <summary>What is measured, on what.</summary>
internal sealed record Settings
{
    public static readonly string[] AllSections = ["ptx", "numerics", "copy", "launch", "matvec", "matmul", "experts", "attention", "select", "models"];

    public const string Usage = """
        gpu-benchmark [--accelerator NAME | host] [--toy] [--only SECTION[,SECTION]] [--out FOLDER] [--dump FOLDER] [--peer FILE] [--list]

        --accelerator  a name that --list shows, or a kind: Cuda, OpenCL, Cpu (an emulation). "host": the library's CPU device. Without: the best card.
        --toy          sizes at which an emulation ends in minutes: tests the program, measures nothing
        --only         some of: ptx, numerics, copy, launch, matvec, matmul, experts, attention, select, models
        --out          where results.json and results.md go (results)
        --dump         where numerics writes inputs and outputs for another program to check
        --peer         results of another program, shown beside
        --list         shows the accelerators
        """;

    /// <summary>The accelerator's name; null for the best; "host" for the library's CPU device.</summary>
    public string? Accelerator { get; init; }

    public bool Toy { get; init; }

    public IReadOnlyList<string> Sections { get; init; } = AllSections;

    public string Out { get; init; } = "results";

    public string? Dump { get; init; }

    public string? Peer { get; init; }

    public bool List { get; init; }

    /// <exception cref="ArgumentException">An argument is not known, or lacks its value.</exception>
    public static Settings Parse(ReadOnlySpan<string> arguments)
    {
        var settings = new Settings();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            settings = name switch
            {
                "--toy" => settings with { Toy = true },
                "--list" => settings with { List = true },
                "--accelerator" => settings with { Accelerator = Value(arguments, ref i) },
                "--out" => settings with { Out = Value(arguments, ref i) },
                "--dump" => settings with { Dump = Value(arguments, ref i) },
                "--peer" => settings with { Peer = Value(arguments, ref i) },
                "--only" => settings with { Sections = Value(arguments, ref i).Split(',', StringSplitOptions.TrimEntries) },
                _ => throw new ArgumentException($"{name} is not known."),
            };
        }

        return settings.Sections.Except(AllSections).FirstOrDefault() is { } unknown
            ? throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"There is no section {unknown}."))
            : settings;
    }

    private static string Value(ReadOnlySpan<string> arguments, ref int i) =>
        ++i < arguments.Length ? arguments[i] : throw new ArgumentException($"{arguments[i - 1]} needs a value.");
}
