using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.Cpu.Linear;

/// <summary>Packs many matrices as one piece of work, so that no thread waits for another until all is done.</summary>
/// <remarks>
/// A worker takes runs of panels, about two megabytes each. It brings the run's stored bytes into memory with one call to the system,
/// packs them, and lets go of them: at no time are more than some runs of the file in memory beside the panels.
/// </remarks>
internal sealed unsafe class PackingJob
{
    private const nint RunBytes = 2 << 20;

    private readonly PanelPacker[] _packers;
    // For each matrix, the number of the first run that is not its own.
    private readonly int[] _ends;
    private readonly Action<long>? _packed;
    private readonly CancellationToken _cancellation;
    private int _next;
    private long _bytes;
    private long _reported;

    private PackingJob(IReadOnlyList<StoredTensor> tensors, IReadOnlyList<PackedMatrix> matrices, Action<long>? packed, CancellationToken cancellation)
    {
        _packed = packed;
        _cancellation = cancellation;
        _packers = new PanelPacker[tensors.Count];
        _ends = new int[tensors.Count];
        int runs = 0;
        for (int i = 0; i < _packers.Length; i++)
        {
            _packers[i] = PanelPacker.Create(tensors[i], matrices[i]);
            _ends[i] = runs = checked(runs + (matrices[i].PanelCount + PanelsInRun(matrices[i]) - 1) / PanelsInRun(matrices[i]));
        }
    }

    /// <summary>Fills the panels of matrices from the tensors that they are for.</summary>
    /// <param name="tensors">The stored matrices.</param>
    /// <param name="matrices">As many, of the same shapes.</param>
    /// <param name="team">Packs.</param>
    /// <param name="packed">Told, on the calling thread, how many more stored bytes are packed; null for nobody.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    /// <returns>For each, whether its panels' layout can keep all numbers of the tensor; where not, its panels are not filled.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static bool[] Run(IReadOnlyList<StoredTensor> tensors, IReadOnlyList<PackedMatrix> matrices, ThreadTeam team, Action<long>? packed, CancellationToken cancellation)
    {
        var job = new PackingJob(tensors, matrices, packed, cancellation);
        GCHandle handle = GCHandle.Alloc(job);
        try
        {
            team.Run(&Work, (void*)GCHandle.ToIntPtr(handle));
        }
        finally
        {
            handle.Free();
        }

        cancellation.ThrowIfCancellationRequested();
        job.Report();
        return [.. job._packers.Select(packer => !packer.HasFailed)];
    }

    /// <summary>Panels that make about two megabytes.</summary>
    public static int PanelsInRun(PackedMatrix matrix) => (int)Math.Max(1, RunBytes / matrix.PanelBytes);

    private static void Work(int worker, void* state)
    {
        var job = (PackingJob)GCHandle.FromIntPtr((nint)state).Target!;
        int run;
        int matrix = 0;
        while (!job._cancellation.IsCancellationRequested && (run = Interlocked.Increment(ref job._next) - 1) < job.RunCount)
        {
            while (run >= job._ends[matrix])
                matrix++;
            job.Pack(matrix, run - (matrix == 0 ? 0 : job._ends[matrix - 1]));
            if (worker == 0)
                job.Report();
        }
    }

    private int RunCount => _ends.Length == 0 ? 0 : _ends[^1];

    private void Pack(int index, int run)
    {
        PanelPacker packer = _packers[index];
        PackedMatrix matrix = packer.Matrix;
        int panels = PanelsInRun(matrix);
        int first = run * panels;
        int end = Math.Min(first + panels, matrix.PanelCount);
        packer.Fetch(first, end);
        packer.Prefetch(first);
        for (int panel = first; panel < end && !packer.HasFailed; panel++)
        {
            if (panel + 1 < end)
                packer.Prefetch(panel + 1);
            packer.Pack(panel, matrix.Panels + panel * matrix.PanelBytes);
        }

        Interlocked.Add(ref _bytes, packer.Release(first, end));
    }

    private void Report()
    {
        long bytes = Volatile.Read(ref _bytes);
        if (bytes > _reported)
            _packed?.Invoke(bytes - _reported);
        _reported = bytes;
    }
}
