using Inference.Cpu;

namespace Inference.Tests.Cpu;

public sealed unsafe class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_worker_runs_once_per_run(int threads)
    {
        using var team = new ThreadTeam(threads);
        Assert.Equal(threads, team.Count);
        int* calls = stackalloc int[threads];
        for (int run = 1; run <= 500; run++)
        {
            team.Run(&Count, calls);
            for (int worker = 0; worker < threads; worker++)
                Assert.Equal(run, calls[worker]);
        }
    }

    [Fact]
    public void The_caller_is_worker_0()
    {
        using var team = new ThreadTeam(3);
        int* threads = stackalloc int[3];
        team.Run(&NoteThread, threads);
        Assert.Equal(Environment.CurrentManagedThreadId, threads[0]);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    public void An_exception_of_a_worker_reaches_the_caller_after_all_have_finished(int threads, int thrower)
    {
        using var team = new ThreadTeam(threads);
        int* state = stackalloc int[threads + 1];
        state[0] = thrower;
        for (int run = 1; run <= 20; run++)
        {
            var exception = Assert.Throws<InvalidDataException>(() => Run(team, (nint)state));
            Assert.Equal($"worker {thrower}", exception.Message);
            for (int worker = 0; worker < threads; worker++)
                Assert.Equal(run, state[worker + 1]);
        }

        static void Run(ThreadTeam team, nint state) => team.Run(&CountAndThrow, (void*)state);
    }

    [Fact]
    public void A_run_inside_a_run_is_refused()
    {
        using var team = new ThreadTeam(2);
        var handle = System.Runtime.InteropServices.GCHandle.Alloc(team);
        nint state = System.Runtime.InteropServices.GCHandle.ToIntPtr(handle);
        Assert.Throws<InvalidOperationException>(() => team.Run(&RunInside, (void*)state));
        handle.Free();
    }

    [Fact]
    public void Many_teams_work_at_once()
    {
        Parallel.For(0, 12, new ParallelOptions { MaxDegreeOfParallelism = 12 }, i =>
        {
            using var team = new ThreadTeam(1 + i % 4);
            int* calls = stackalloc int[team.Count];
            for (int run = 0; run < 200; run++)
                team.Run(&Count, calls);
            for (int worker = 0; worker < team.Count; worker++)
                Assert.Equal(200, calls[worker]);
        });
    }

    [Fact]
    public void A_disposed_team_refuses_and_may_be_disposed_again()
    {
        var team = new ThreadTeam(3);
        int* calls = stackalloc int[3];
        team.Run(&Count, calls);
        team.Dispose();
        team.Dispose();
        nint state = (nint)calls;
        Assert.Throws<ObjectDisposedException>(() => team.Run(&Count, (void*)state));
        Assert.Equal(1, calls[0]);
    }

    [Fact]
    public void A_team_that_never_ran_ends()
    {
        for (int i = 0; i < 50; i++)
            new ThreadTeam(4).Dispose();
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        using var team = new ThreadTeam(2);
        int* calls = stackalloc int[2];
        for (int i = 0; i < 100; i++)
            team.Run(&Count, calls);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
                team.Run(&Count, calls);
        }));
    }

    [Fact]
    public void Hardware_threads_of_one_core_count_once()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            for (int processor = 0; processor < 8; processor++)
            {
                string topology = Path.Combine(folder, $"cpu{processor}", "topology");
                Directory.CreateDirectory(topology);
                File.WriteAllText(Path.Combine(topology, "thread_siblings_list"), $"{processor % 4},{processor % 4 + 4}\n");
            }

            Assert.Equal(4, PhysicalCores.CountLinux(folder, PhysicalCores.AllowedProcessors(["Name:\tx", "Cpus_allowed_list:\t0-7"])));
            Assert.Equal(2, PhysicalCores.CountLinux(folder, PhysicalCores.AllowedProcessors(["Cpus_allowed_list:\t0,4-5"])));
            Assert.Equal(0, PhysicalCores.CountLinux(folder, PhysicalCores.AllowedProcessors(["Name:\tx"])));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_default_is_within_the_processors_of_the_process() =>
        Assert.InRange(ThreadTeam.DefaultThreads, 1, Environment.ProcessorCount);

    private static void Count(int worker, void* calls) => ((int*)calls)[worker]++;

    private static void NoteThread(int worker, void* threads) => ((int*)threads)[worker] = Environment.CurrentManagedThreadId;

    private static void CountAndThrow(int worker, void* state)
    {
        ((int*)state)[worker + 1]++;
        if (worker == *(int*)state)
            throw new InvalidDataException($"worker {worker}");
    }

    private static void RunInside(int worker, void* state)
    {
        var team = (ThreadTeam)System.Runtime.InteropServices.GCHandle.FromIntPtr((nint)state).Target!;
        if (worker == 1)
            team.Run(&RunInside, state);
    }
}
