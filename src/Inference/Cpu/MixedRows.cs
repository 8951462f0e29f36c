using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>The weighted sums of what each row's experts gave, added by rank.</summary>
internal unsafe struct MixedRows
{
    private float* _outputs;
    private int* _places;
    private float* _weights;
    private int _chosen;
    private float* _destination;
    private int _columns;
    private WorkShare _share;

    /// <summary>Computes rows, shared among workers.</summary>
    /// <param name="team">The workers.</param>
    /// <param name="outputs">[places, columns].</param>
    /// <param name="places">[rows, chosen]: where in the outputs each of a row's experts has its own.</param>
    /// <param name="weights">[rows, chosen].</param>
    /// <param name="chosen">Experts a row.</param>
    /// <param name="destination">[rows, columns].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Elements a row.</param>
    public static void Run(ThreadTeam team, float* outputs, int* places, float* weights, int chosen, float* destination, int rows, int columns)
    {
        var job = new MixedRows
        {
            _outputs = outputs,
            _places = places,
            _weights = weights,
            _chosen = chosen,
            _destination = destination,
            _columns = columns,
            _share = new WorkShare(team, rows, (nint)columns * chosen),
        };
        job._share.Run(team, &Body, &job);
    }

    private static void Body(int worker, void* state)
    {
        ref MixedRows job = ref *(MixedRows*)state;
        nint end = job._share.First(worker + 1);
        for (nint row = job._share.First(worker); row < end; row++)
            Mix(job._outputs, job._places + row * job._chosen, job._weights + row * job._chosen, job._chosen, job._destination + row * job._columns, job._columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix(float* outputs, int* places, float* weights, int chosen, float* destination, nint columns)
    {
        nint i = 0;
        for (; i <= columns - Lanes.Count; i += Lanes.Count)
        {
            Vector512<float> sum = Vector512<float>.Zero;
            for (int rank = 0; rank < chosen; rank++)
                sum = Vector512.FusedMultiplyAdd(Vector512.Load(outputs + places[rank] * columns + i), Vector512.Create(weights[rank]), sum);
            sum.Store(destination + i);
        }

        if (i == columns)
            return;
        Vector512<float> last = Vector512<float>.Zero;
        for (int rank = 0; rank < chosen; rank++)
            last = Vector512.FusedMultiplyAdd(Lanes.LoadPart(outputs + places[rank] * columns + i, columns - i), Vector512.Create(weights[rank]), last);
        Lanes.StorePart(last, destination + i, columns - i);
    }
}
