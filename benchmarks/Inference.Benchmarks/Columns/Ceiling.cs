namespace Inference.Benchmarks.Columns;

/// <summary>What bounds a piece of work.</summary>
public enum Ceiling
{
    /// <summary>Nothing that is measured here: what it reads is in a cache.</summary>
    None,

    /// <summary>Reading memory.</summary>
    Memory,

    /// <summary>8-bit multiplications and additions.</summary>
    ByteArithmetic,

    /// <summary>32-bit multiplications and additions.</summary>
    FloatingPoint,
}
