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

    /// <summary>What <see cref="Low"/> looks codes up in; anything where codes are stored as they are. Fetched once for many blocks.</summary>
    static abstract T LowTable { get; }

    /// <summary>What <see cref="High"/> looks codes up in.</summary>
    static abstract T HighTable { get; }

    /// <summary>The codes, or their low parts.</summary>
    /// <param name="table"><see cref="LowTable"/>.</param>
    /// <param name="codes">The first byte of the block that belongs to the register's rows.</param>
    /// <param name="group">The group of four columns, 0 to 7.</param>
    static abstract T Low(T table, byte* codes, int group);

    /// <summary>The high parts of wide codes.</summary>
    /// <param name="table"><see cref="HighTable"/>.</param>
    /// <param name="codes">As for <see cref="Low"/>.</param>
    /// <param name="group">As for <see cref="Low"/>.</param>
    static abstract T High(T table, byte* codes, int group);
}
