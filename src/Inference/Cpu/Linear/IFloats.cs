namespace Inference.Cpu.Linear;

/// <summary>Multiplies weights that are plain numbers, a lane of each row at a time: one number, or a pair of neighbours.</summary>
internal unsafe interface IFloats<T>
    where T : unmanaged
{
    /// <summary>Bytes of a lane's weights.</summary>
    static abstract int Bytes { get; }

    /// <summary>Reads weights into the form that <see cref="MultiplyAdd"/> takes.</summary>
    static abstract T Load(byte* source);

    /// <summary>Adds weights times inputs to sums, each product rounded once with its addition.</summary>
    /// <param name="weights">What <see cref="Load"/> gave.</param>
    /// <param name="inputs">A lane of the input, in every lane.</param>
    /// <param name="sums">What is added to.</param>
    static abstract T MultiplyAdd(T weights, T inputs, T sums);
}
