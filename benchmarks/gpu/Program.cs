using Inference;
using Inference.Execution;
using Inference.GpuBenchmark;

Settings settings;
try
{
    settings = Settings.Parse(args);
}
catch (ArgumentException error)
{
    Console.Error.WriteLine($"error: {error.Message}\n\n{Settings.Usage}");
    return 2;
}

if (settings.List)
{
    Devices.List();
    return 0;
}

try
{
    bool Wants(string section) => settings.Sections.Contains(section);
    double copyRate = Wants("copy") && !Devices.IsHost(settings) ? CopySection.Measure(settings) : 0;
    Report report;
    using (Device device = Devices.Create(settings))
    {
        report = new Report(device.Name);
        Console.WriteLine(device.Name);
        if (settings.Peer is { } peer)
            report.ReadPeer(peer);
        if (copyRate > 0)
            report.Add(new("copy", "device to device", copyRate / 1e9, "GB/s") { Note = "read and written" });
        var bench = new Bench(settings, device, report) { CopyRate = copyRate };
        (string Name, Action<Bench> Run)[] sections =
            [("ptx", PtxSection.Run), ("numerics", Numerics.Run), ("launch", LaunchSection.Run), ("matvec", MatVecSection.Run), ("matmul", MatMulSection.Run), ("experts", ExpertSection.Run), ("attention", AttentionSection.Run), ("select", SelectSection.Run)];
        foreach ((string name, Action<Bench> run) in sections)
        {
            if (!Wants(name))
                continue;
            run(bench);
            report.Save(settings.Out);
        }
    }

    if (Wants("models"))
        await new ModelSection(settings, report, copyRate).RunAsync();
    report.Save(settings.Out);
    Console.WriteLine($"Written to {Path.GetFullPath(settings.Out)}.");
    return report.HasFailures ? 1 : 0;
}
catch (Exception error) when (error is InferenceException or IOException or ArgumentException or NotSupportedException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}
