using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Turns queries and keys by their positions and writes keys and values into the cache.</summary>
internal static unsafe class RotateKernel
{
    /// <summary>Does it for every row of a step.</summary>
    /// <param name="team">The workers.</param>
    /// <param name="step">Rows, positions and block tables.</param>
    /// <param name="queries">Turned in place.</param>
    /// <param name="keys">Left as they are; the cache gets them turned.</param>
    /// <param name="values">Written to the cache.</param>
    /// <param name="table">The step's angles, or null where nothing turns.</param>
    /// <param name="shape">Heads and their size.</param>
    /// <param name="cache">Where keys and values go.</param>
    /// <param name="layer">Which layer of the cache.</param>
    public static void Run(
        ThreadTeam team, CpuStep step, float* queries, float* keys, float* values, RopeTable? table, AttentionShape shape, in CacheLayout cache, int layer)
    {
        var job = new Job
        {
            Queries = queries,
            Keys = keys,
            Values = values,
            Table = table is null ? null : table.Values,
            TableWidth = table?.Width ?? 0,
            Interleaved = table?.Rope?.Kind == RopeKind.Interleaved,
            Heads = shape.Heads,
            KvHeads = shape.KvHeads,
            Cache = cache,
            Layer = layer,
            Positions = step.Positions,
            RowSequences = step.RowSequences,
            Sequences = step.Sequences,
            Blocks = step.Blocks,
            Share = new WorkShare(team, step.RowCount, (nint)(shape.Heads + 4 * shape.KvHeads) * shape.HeadSize),
        };
        job.Share.Run(team, &Body, &job);
    }

    [SkipLocalsInit]
    private static void Body(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        nint headSize = job.Cache.HeadSize;
        float* turned = stackalloc float[CacheWriter.LargestHead];
        nint end = job.Share.First(worker + 1);
        for (nint row = job.Share.First(worker); row < end; row++)
        {
            float* queries = job.Queries + row * job.Heads * headSize;
            float* keys = job.Keys + row * job.KvHeads * headSize;
            float* values = job.Values + row * job.KvHeads * headSize;
            float* cosines = job.Table + row * 2 * job.TableWidth;
            if (job.Table is not null)
            {
                for (int head = 0; head < job.Heads; head++)
                    Turn(queries + head * headSize, cosines, job.TableWidth, job.Interleaved);
            }

            (int index, int slot) = int.DivRem(job.Positions[row], job.Cache.BlockSize);
            int block = job.Blocks[job.Sequences[job.RowSequences[row]].FirstBlock + index];
            for (int head = 0; head < job.KvHeads; head++)
            {
                Unsafe.CopyBlockUnaligned(turned, keys + head * headSize, (uint)headSize * sizeof(float));
                if (job.Table is not null)
                    Turn(turned, cosines, job.TableWidth, job.Interleaved);
                CacheWriter.WriteKey(job.Cache, job.Cache.Keys(job.Layer, block, head), slot, turned);
                CacheWriter.WriteValue(job.Cache, job.Cache.Values(job.Layer, block, head), slot, values + head * headSize);
            }
        }
    }

    private static void Turn(float* head, float* cosines, int width, bool interleaved)
    {
        if (interleaved)
            TurnNeighbours(head, cosines, cosines + width, width);
        else
            TurnHalves(head, head + width, cosines, cosines + width, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnNeighbours(float* head, float* cosines, float* sines, int width)
    {
        int i = 0;
        for (; i <= width - 4; i += 4)
        {
            Vector128<float> x = Vector128.Load(head + i);
            Vector128<float> swapped = Vector128.Shuffle(x, Vector128.Create(1, 0, 3, 2));
            Vector128.FusedMultiplyAdd(swapped, Vector128.Load(sines + i), x * Vector128.Load(cosines + i)).Store(head + i);
        }

        for (; i < width; i += 2)
        {
            (float first, float second) = (head[i], head[i + 1]);
            head[i] = MathF.FusedMultiplyAdd(second, sines[i], first * cosines[i]);
            head[i + 1] = MathF.FusedMultiplyAdd(first, sines[i + 1], second * cosines[i + 1]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnHalves(float* low, float* high, float* cosines, float* sines, int width)
    {
        int i = 0;
        for (; i <= width - 4; i += 4)
        {
            Vector128<float> first = Vector128.Load(low + i);
            Vector128<float> second = Vector128.Load(high + i);
            Vector128<float> cosine = Vector128.Load(cosines + i);
            Vector128<float> sine = Vector128.Load(sines + i);
            Vector128.FusedMultiplyAdd(second, -sine, first * cosine).Store(low + i);
            Vector128.FusedMultiplyAdd(first, sine, second * cosine).Store(high + i);
        }

        for (; i < width; i++)
        {
            (float first, float second) = (low[i], high[i]);
            low[i] = MathF.FusedMultiplyAdd(second, -sines[i], first * cosines[i]);
            high[i] = MathF.FusedMultiplyAdd(first, sines[i], second * cosines[i]);
        }
    }

    private struct Job
    {
        public float* Queries;
        public float* Keys;
        public float* Values;
        public float* Table;
        public int TableWidth;
        public bool Interleaved;
        public int Heads;
        public int KvHeads;
        public CacheLayout Cache;
        public int Layer;
        public int* Positions;
        public int* RowSequences;
        public SequenceSlice* Sequences;
        public int* Blocks;
        public WorkShare Share;
    }
}
