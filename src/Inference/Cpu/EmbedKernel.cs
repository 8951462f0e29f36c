using Inference.Formats;

namespace Inference.Cpu;

/// <summary>Decodes the rows of a table that tokens name, straight from the mapped file.</summary>
internal static unsafe class EmbedKernel
{
    /// <summary>Looks up one row for each token. Tokens must be within the table.</summary>
    public static void Run(ThreadTeam team, StoredTensor table, int* tokens, int rows, float* destination)
    {
        var job = new Job
        {
            Type = table.Type,
            Table = (byte*)table.Address,
            RowBytes = (nint)(table.ByteLength / table.Rows),
            Columns = (int)table.Columns,
            Tokens = tokens,
            Destination = destination,
            Share = new WorkShare(team, rows, (nint)table.Columns * 4),
        };
        job.Share.Run(team, &Body, &job);
    }

    private static void Body(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        nint end = job.Share.First(worker + 1);
        for (nint row = job.Share.First(worker); row < end; row++)
        {
            var source = new ReadOnlySpan<byte>(job.Table + job.Tokens[row] * job.RowBytes, (int)job.RowBytes);
            BlockFormat.Dequantize(job.Type, source, new Span<float>(job.Destination + row * job.Columns, job.Columns));
        }
    }

    private struct Job
    {
        public TensorType Type;
        public byte* Table;
        public nint RowBytes;
        public int Columns;
        public int* Tokens;
        public float* Destination;
        public WorkShare Share;
    }
}
