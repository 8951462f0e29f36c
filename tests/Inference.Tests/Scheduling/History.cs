using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

/// <summary>A random machine and what happens to it; each number stands for one event, so that any part of a history is one too.</summary>
internal sealed record History(int Setup, int[] Events)
{
    public static Arbitrary<History> Arbitrary(int maxEvents)
    {
        Gen<int> number = Gen.Choose(0, int.MaxValue - 1);
        Gen<History> histories =
            from setup in number
            from count in Gen.Choose(1, maxEvents)
            from events in number.ArrayOf(count)
            select new History(setup, events);
        return Arb.From(histories, Shrink);
    }

    public override string ToString() =>
        $"new History({Setup.ToString(CultureInfo.InvariantCulture)}, [{string.Join(", ", Events.Select(one => one.ToString(CultureInfo.InvariantCulture)))}])";

    /// <summary>Plays it and drains the machine at the end.</summary>
    public SimulatedEngine Play(BatchingMode? mode = null, bool spills = false)
    {
        SplitMix setup = new(Setup);
        SchedulerOptions options = new()
        {
            MaxTokensPerStep = setup.Skewed(1, 32),
            MaxSequences = setup.Skewed(1, 10),
            MaxQueuedSequences = setup.Next(1, 14),
            MaxBypasses = setup.Next(0, 6),
            PrefixWindow = setup.Next(1, 4),
            AgeingInterval = setup.Next(0, 1) == 0 ? setup.Next(1, 12) : long.MaxValue,
            Tenants = Tenants(ref setup),
            Batching = mode ?? BatchingMode.Continuous,
            BatchingWindow = setup.Next(0, 6),
            ChunkedPrefill = setup.Next(0, 4) > 0,
            MaxWaste = setup.Next(0, 2) == 0 ? 1e9 : 0.05,
        };
        int blockSize = setup.Next(1, 5);
        int blocks = setup.Next(0, 1) == 0 ? setup.Skewed(1, 24) : setup.Next(12, 64);
        SimulatedEngine engine = new(options, blocks, blockSize, prefixCaching: setup.Next(0, 7) > 0, spills ? 1 + (Setup % 12) : 0);
        int texts = setup.Next(1, 4);
        foreach (int one in Events)
            Happen(engine, new SplitMix(one), texts, blocks * blockSize);
        engine.Drain(20_000);
        return engine;
    }

    private static TenantDirectory Tenants(ref SplitMix setup)
    {
        if (setup.Next(0, 1) == 0)
            return TenantDirectory.AllEqual;
        Dictionary<string, TenantOptions> named = new()
        {
            [""] = new() { Weight = setup.Next(1, 4), MaxQueued = setup.Next(0, 3) == 0 ? setup.Next(1, 3) : null },
            ["t"] = new() { Weight = 0.5, MaxRunning = setup.Next(0, 2) == 0 ? setup.Next(1, 2) : null },
        };
        return new(named, new() { MaxRunning = setup.Next(0, 3) == 0 ? setup.Next(1, 3) : null });
    }

    private static void Happen(SimulatedEngine engine, SplitMix random, int texts, int capacity)
    {
        int kind = random.Next(0, 99);
        if (kind < 30)
        {
            Submit(engine, random, texts, capacity);
        }
        else if (kind < 35)
        {
            Pick(engine, ref random, engine.Finish);
        }
        else if (kind < 43)
        {
            Pick(engine, ref random, engine.Pause);
        }
        else if (kind < 51)
        {
            Pick(engine, ref random, engine.Resume);
        }
        else if (kind < 56)
        {
            Pick(engine, ref random, origin => engine.Fork(origin, Math.Min(origin.Length + (origin.Length % 7), capacity), seed: 2 + (ulong)(origin.Length % 3)));
        }
        else
        {
            engine.Now += random.Next(0, 2);
            SplitMix first = new((int)random.Bits()), second = new((int)random.Bits());
            engine.Step(() => Interfere(engine, first), () => Interfere(engine, second));
        }
    }

    private static void Submit(SimulatedEngine engine, SplitMix random, int texts, int capacity)
    {
        // A beginning that others have too, and an end that few have.
        SplitMix text = new(random.Next(1, texts));
        int shared = random.Next(0, Math.Min(24, capacity / 2));
        int own = random.Next(shared == 0 ? 1 : 0, 4);
        int[] prompt = new int[shared + own];
        for (int i = 0; i < shared; i++)
            prompt[i] = text.Next(0, SimulatedEngine.Vocabulary - 1);
        for (int i = shared; i < prompt.Length; i++)
            prompt[i] = random.Next(0, SimulatedEngine.Vocabulary - 1);
        int maxLength = prompt.Length + random.Skewed(0, 24);
        engine.Offer(
            prompt,
            random.Next(0, 9) == 0 ? maxLength : Math.Max(prompt.Length, Math.Min(maxLength, capacity)),
            priority: random.Next(-1, 1),
            tenant: random.Next(0, 3) is var tenant and > 0 ? new string('t', tenant) : null,
            salt: random.Next(0, 5) is var salt and > 3 ? new string('s', salt - 3) : null,
            deadline: random.Next(0, 9) == 0 ? engine.Now + random.Next(0, 30) : long.MaxValue,
            seed: (ulong)random.Next(0, 1));
    }

    private static void Interfere(SimulatedEngine engine, SplitMix random)
    {
        switch (random.Next(0, 19))
        {
            case 0:
                Pick(engine, ref random, engine.Finish);
                break;
            case 1:
                Pick(engine, ref random, engine.Pause);
                break;
            case 2:
                Pick(engine, ref random, engine.Resume);
                break;
        }
    }

    private static void Pick(SimulatedEngine engine, ref SplitMix random, Action<Sequence> action)
    {
        if (engine.Live.Count > 0)
            action(engine.Live[random.Next(0, engine.Live.Count - 1)].Sequence);
    }

    private static IEnumerable<History> Shrink(History history)
    {
        for (int size = history.Events.Length / 2; size > 0; size /= 2)
        {
            for (int start = 0; start + size <= history.Events.Length; start += size)
                yield return history with { Events = [.. history.Events[..start], .. history.Events[(start + size)..]] };
        }
    }

    private struct SplitMix(int seed)
    {
        private ulong _state = (ulong)(uint)seed;

        public ulong Bits()
        {
            ulong value = _state += 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }

        public int Next(int least, int most) => least + (int)(Bits() % (ulong)(most - least + 1));

        /// <summary>Small values often, large ones sometimes.</summary>
        public int Skewed(int least, int most) => Next(least, Next(least, most));
    }
}
