using Inference;
using Inference.LoadTest;
using Inference.Simulation;
using Inference.Simulation.Experiments;

try
{
    switch (args.FirstOrDefault())
    {
        case "compare":
            Arguments arguments = new(args.AsSpan(1));
            bool json = arguments.Flag("--json", false);
            List<Result> results = await Comparison.RunAsync(arguments);
            if (json)
                ResultTable.WriteJson(results, Console.Out);
            else
                ResultTable.Write(results, Console.Out);
            return 0;
        case "soak":
            return await Soak.RunAsync(new Arguments(args.AsSpan(1)), Console.Out) ? 0 : 2;
        default:
            Console.Error.WriteLine("The first argument is compare or soak; see docs/simulation.md.");
            return 1;
    }
}
catch (Exception error) when (error is ArgumentException or OverflowException or IOException or InferenceException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}
