using Inference.Formats;
using Inference.Sampling;

namespace Inference.Cli.Synthesis;

/// <summary>Fills matrices with random weights of any type, as fast as memory is written.</summary>
/// <remarks>
/// A pool of normally distributed weights is encoded once for each type and scale; every matrix is put together from
/// pieces of the pool drawn at random. What is drawn depends on the seed, the matrix and the place alone.
/// </remarks>
internal sealed class RandomWeights(ulong seed)
{
    private const int PoolSize = 1 << 19;
    private const int SmallestPiece = 32;
    private const int PiecesAtOnce = 4096;
    private readonly Dictionary<(TensorType, float), byte[]> _pools = [];

    /// <summary>Writes weights with mean 0.</summary>
    /// <param name="type">The type.</param>
    /// <param name="deviation">Their standard deviation.</param>
    /// <param name="matrix">Distinguishes matrices.</param>
    /// <param name="start">Where in the matrix the destination starts, in bytes; a multiple of <see cref="PieceBytes"/>.</param>
    /// <param name="destination">Receives encoded weights.</param>
    public void Fill(TensorType type, float deviation, int matrix, long start, Memory<byte> destination)
    {
        byte[] pool = Pool(type, deviation);
        int piece = PieceBytes(type);
        int pieces = pool.Length / piece;
        CounterRandom random = new(seed + 1 + (ulong)matrix);
        int count = (destination.Length + piece - 1) / piece;
        Parallel.For(0, (count + PiecesAtOnce - 1) / PiecesAtOnce, portion =>
        {
            for (int i = portion * PiecesAtOnce; i < Math.Min((portion + 1) * PiecesAtOnce, count); i++)
            {
                int drawn = (int)(random.NextDouble((ulong)(start / piece + i)) * pieces);
                Span<byte> target = destination.Span[(i * piece)..Math.Min((i + 1) * piece, destination.Length)];
                pool.AsSpan(drawn * piece, target.Length).CopyTo(target);
            }
        });
    }

    /// <summary>Bytes that are drawn as one.</summary>
    public static int PieceBytes(TensorType type) => checked((int)BlockFormat.ByteLength(type, PieceSize(type)));

    /// <summary>Gains around 1, as trained norms have.</summary>
    public float[] Gains(int length, int vector)
    {
        float[] gains = new float[length];
        Normals(new CounterRandom(seed + 1 + (ulong)vector), gains);
        for (int i = 0; i < length; i++)
            gains[i] = 1 + 0.05f * gains[i];
        return gains;
    }

    private byte[] Pool(TensorType type, float deviation)
    {
        if (_pools.TryGetValue((type, deviation), out byte[]? pool))
            return pool;

        float[] weights = new float[PoolSize];
        Normals(new CounterRandom(seed), weights);
        for (int i = 0; i < weights.Length; i++)
            weights[i] *= deviation;
        int piece = PieceSize(type);
        int pieceBytes = PieceBytes(type);
        byte[] encoded = new byte[PoolSize / piece * pieceBytes];
        Parallel.For(0, PoolSize / piece, i =>
            BlockFormat.Quantize(type, weights.AsSpan(i * piece, piece), encoded.AsSpan(i * pieceBytes, pieceBytes)));
        _pools.Add((type, deviation), encoded);
        return encoded;
    }

    private static int PieceSize(TensorType type) => Math.Max(BlockFormat.BlockSize(type), SmallestPiece);

    // Box and Muller, 1958.
    private static void Normals(CounterRandom random, float[] destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble(2 * (ulong)i)));
            destination[i] = (float)(radius * Math.Cos(2 * Math.PI * random.NextDouble(2 * (ulong)i + 1)));
        }
    }
}
