namespace Inference.Peers;

/// <summary>Runs the same work on both sides in alternation, and again where other processes disturbed it.</summary>
internal sealed class Rounds(PeersSettings settings, string model, int threads, TextWriter log)
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(10);

    /// <summary>Measures one figure.</summary>
    /// <param name="work">Its name.</param>
    /// <param name="run">One round: both sides' figures.</param>
    /// <param name="warmsUp">Whether a round that does not count goes first.</param>
    public async Task<Outcome> MeasureAsync(string work, Func<Task<(double Ours, double Theirs)>> run, bool warmsUp = true) =>
        (await MeasureAsync([(work, Outcome.TokensPerSecond)], async () => [await run()], warmsUp))[0];

    /// <summary>Measures several figures of the same rounds.</summary>
    public async Task<Outcome[]> MeasureAsync((string Work, string Unit)[] figures, Func<Task<(double Ours, double Theirs)[]>> run, bool warmsUp)
    {
        var rounds = new List<(double Ours, double Theirs)[]>();
        int discarded = 0;
        int disturbed = 0;
        if (warmsUp)
            await run();
        while (rounds.Count < settings.Rounds)
        {
            await MachineWatch.WaitForQuietAsync(settings.Tolerance, discarded > 0 ? _longestWait : TimeSpan.Zero);
            var watch = new MachineWatch();
            (double Ours, double Theirs)[] round = await run();
            bool isDisturbed = watch.OthersSince() > settings.Tolerance;
            if (isDisturbed && discarded < settings.MostDiscarded)
            {
                discarded++;
                continue;
            }

            rounds.Add(round);
            disturbed += isDisturbed ? 1 : 0;
        }

        Outcome[] outcomes = [.. figures.Select((figure, i) => Outcome.Of(model, threads, figure.Work, figure.Unit, [.. rounds.Select(round => round[i])], discarded, disturbed))];
        foreach (Outcome outcome in outcomes)
            log.WriteLine(Report.Line(outcome));
        return outcomes;
    }
}
