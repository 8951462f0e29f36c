namespace Inference.Persistence;

/// <summary>Numbered slots, each as long as a block, in memory or on a disk. The engine's thread's alone; any member may throw what the medium throws.</summary>
internal interface ISpillMedium : IDisposable
{
    int Slots { get; }

    /// <summary>Bytes a slot.</summary>
    int SlotLength { get; }

    /// <summary>Whether a slot can be written now without waiting.</summary>
    bool CanWrite { get; }

    /// <summary>Whether reading may take so long that others feel it.</summary>
    bool IsSlow { get; }

    /// <summary>Gives the memory to be filled with a slot's new contents. Only while <see cref="CanWrite"/>.</summary>
    byte[] Begin(int slot);

    /// <summary>Says that the memory is filled: the slot's contents from now on.</summary>
    void End(int slot, byte[] filled);

    /// <summary>A slot's contents, valid until the next call.</summary>
    ReadOnlySpan<byte> Read(int slot);
}
