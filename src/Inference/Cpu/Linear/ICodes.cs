namespace Inference.Cpu.Linear;

/// <summary>Reads the codes of a panel; see <see cref="PanelLayout"/>.</summary>
/// <remarks>
/// A code is handed out in parts below 64, because those can be multiplied by signed bytes and summed in 16 bits without
/// losing anything. Codes of eight bits are two such parts, high * 16 + low.
/// </remarks>
internal unsafe interface ICodes<T>
    where T : unmanaged
{
    /// <summary>Bytes of 32 columns.</summary>
    static abstract int Bytes { get; }

    /// <summary>Whether codes have a high part.</summary>
    static abstract bool IsWide { get; }

    /// <summary>The code (of wide codes, the high part) that stands for zero is two to this power; -1 where it is code 0.</summary>
    static abstract int ZeroPower { get; }

    /// <summary>The codes, or their low parts.</summary>
    /// <param name="codes">The first byte of the block that belongs to the register's rows.</param>
    /// <param name="group">The group of four columns, 0 to 7.</param>
    static abstract T Low(byte* codes, int group);

    /// <summary>The high parts of wide codes.</summary>
    static abstract T High(byte* codes, int group);
}
