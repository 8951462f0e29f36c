namespace Inference.Persistence;

/// <summary>Slots in the host's memory, taken when they are first written.</summary>
internal sealed class MemorySpill(int slots, int slotLength) : ISpillMedium
{
    private readonly byte[]?[] _slots = new byte[]?[slots];

    public int Slots => slots;

    public int SlotLength => slotLength;

    public bool CanWrite => true;

    public bool IsSlow => false;

    public byte[] Begin(int slot) => _slots[slot] ??= GC.AllocateUninitializedArray<byte>(slotLength);

    public void End(int slot, byte[] filled)
    {
    }

    public ReadOnlySpan<byte> Read(int slot) => _slots[slot];

    public void Dispose() => Array.Clear(_slots);
}
