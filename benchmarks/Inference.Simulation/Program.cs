using Inference;
using Inference.Simulation;
using Inference.Simulation.Experiments;
using Inference.Simulation.Workloads;

Dictionary<string, Func<Arguments, List<Result>>> commands = new()
{
    ["trace"] = TraceExperiment.Run,
    ["bimodal"] = BimodalExperiment.Run,
    ["pressure"] = PressureExperiment.Run,
    ["callers"] = CallersExperiment.Run,
    ["tenants"] = TenantsExperiment.Run,
    ["cluster"] = ClusterExperiment.Run,
};

if (args.Length == 0 || (args[0] != "calibrate" && !commands.ContainsKey(args[0])))
{
    Console.Error.WriteLine($"The first argument is one of calibrate, {string.Join(", ", commands.Keys)}; see docs/simulation.md.");
    return 1;
}

try
{
    Arguments arguments = new(args.AsSpan(1));
    if (args[0] == "calibrate")
    {
        Calibration.Run(arguments, Console.Out);
        return 0;
    }

    bool json = arguments.Flag("--json", false);
    List<Result> results = commands[args[0]](arguments);
    if (json)
        ResultTable.WriteJson(results, Console.Out);
    else
        ResultTable.Write(results, Console.Out);
    return 0;
}
catch (Exception error) when (error is ArgumentException or OverflowException or TraceFormatException or IOException or InferenceException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}
