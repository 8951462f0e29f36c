namespace Inference.Cpu.Linear;

/// <summary>Reads weights that are plain numbers.</summary>
internal unsafe interface IFloats<T>
    where T : unmanaged
{
    /// <summary>Bytes of one number.</summary>
    static abstract int Bytes { get; }

    /// <summary>Reads one number a lane, as floats.</summary>
    static abstract T Load(byte* source);
}
