using Inference.Cpu.Linear;

namespace Inference.Tests.Cpu.Linear;

public sealed unsafe class PanelMemoryTests
{
    [Fact]
    public void Pieces_are_aligned_and_apart_whatever_is_freed_between()
    {
        var random = new Random(1);
        var pieces = new List<(nint Address, int Bytes, byte Mark)>();
        for (int round = 0; round < 400; round++)
        {
            // Slabs are of 16 MiB: most pieces share one, a few are larger than what is shared.
            int bytes = round % 100 == 99 ? 9 << 20 : random.Next(1, 600_000);
            byte* memory = PanelMemory.Allocate((nuint)bytes);
            Assert.Equal(0, (nint)memory % 64);
            Mark((nint)memory, bytes, (byte)round);
            pieces.Add(((nint)memory, bytes, (byte)round));
            if (random.Next(3) == 0)
                Free(random.Next(pieces.Count));
        }

        while (pieces.Count > 0)
            Free(random.Next(pieces.Count));
        PanelMemory.Free(null);

        void Free(int index)
        {
            (nint address, int bytes, byte mark) = pieces[index];
            Assert.Equal((mark, mark, mark), (*(byte*)address, ((byte*)address)[bytes / 2], ((byte*)address)[bytes - 1]));
            PanelMemory.Free((byte*)address);
            pieces.RemoveAt(index);
        }
    }

    private static void Mark(nint address, int bytes, byte mark)
    {
        var memory = (byte*)address;
        memory[0] = memory[bytes / 2] = memory[bytes - 1] = mark;
    }
}
