namespace Inference.Benchmarks.Columns;

/// <summary>What one operation of a benchmark does.</summary>
/// <param name="Bytes">Bytes it reads, and writes where it writes as much; 0 where they say nothing.</param>
/// <param name="Operations">Multiplications and additions.</param>
/// <param name="Tokens">Tokens it computes.</param>
/// <param name="Ceiling">What bounds it.</param>
public readonly record struct Work(double Bytes, double Operations = 0, double Tokens = 0, Ceiling Ceiling = Ceiling.None);
