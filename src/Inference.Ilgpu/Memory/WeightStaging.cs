using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Memory;

/// <summary>Packs weights into page-locked memory, piece by piece, and copies them over while the next piece is packed and kernels are compiled.</summary>
internal sealed class WeightStaging : IDisposable
{
    private const int Pieces = 2;
    private const int PieceBytes = 32 << 20;

    private readonly ComputeQueue _queue;
    private readonly PageLockedArray1D<byte>?[] _pieces = new PageLockedArray1D<byte>?[Pieces];
    // One for each piece: waiting for the one does not wait for the other.
    private readonly AcceleratorStream[] _streams;
    private int _next;

    public WeightStaging(ComputeQueue queue)
    {
        _queue = queue;
        _streams = [.. Enumerable.Range(0, Pieces).Select(_ => queue.Accelerator.CreateStream())];
    }

    /// <summary>Brings a matrix over; it is complete after <see cref="Complete"/>.</summary>
    public void Upload(MatrixLayout layout, MatrixPacker packer, ArrayView<byte> target)
    {
        int codes = (int)(layout.CodeBytes / layout.Tiles), upper = (int)(layout.UpperBytes / layout.Tiles);
        int scales = (int)(layout.ScaleBytes / layout.Tiles), subScales = (int)(layout.SubScaleBytes / layout.Tiles);
        int tileBytes = codes + upper + scales + subScales;
        int most = Math.Max(1, PieceBytes / tileBytes);
        for (int first = 0; first < layout.Tiles; first += most)
        {
            int count = Math.Min(most, layout.Tiles - first);
            (PageLockedArray1D<byte> piece, AcceleratorStream stream) = Next(count * tileBytes);
            byte[] memory = piece.GetArray();
            int upperStart = count * codes, scaleStart = upperStart + (count * upper), subScaleStart = scaleStart + (count * scales);
            int firstTile = first;
            void Pack(int tile) => packer.Pack(
                firstTile + tile,
                memory.AsSpan(tile * codes, codes),
                memory.AsSpan(upperStart + (tile * upper), upper),
                memory.AsSpan(scaleStart + (tile * scales), scales),
                memory.AsSpan(subScaleStart + (tile * subScales), subScales));
            Task packing = Task.Run(() => Parallel.For(0, count, Pack));
            // Other threads pack and the driver copies: this one, which alone may use the accelerator, compiles meanwhile.
            try
            {
                while (!packing.IsCompleted && _queue.CompileNext())
                {
                }
            }
            finally
            {
                // Not to be left behind: it writes to what the next piece writes to.
                packing.GetAwaiter().GetResult();
            }

            Copy((long)first * codes, 0, count * codes);
            Copy(layout.UpperStart + ((long)first * upper), upperStart, count * upper);
            Copy(layout.ScaleStart + ((long)first * scales), scaleStart, count * scales);
            Copy(layout.SubScaleStart + ((long)first * subScales), subScaleStart, count * subScales);

            void Copy(long place, int from, int length)
            {
                // Through the address: between views of page-locked memory ILGPU's OpenCL copies whole buffers.
                if (length > 0)
                    target.SubView(place, length).CopyFromCPUUnsafeAsync(stream, ref memory[from], length);
            }
        }
    }

    /// <summary>Waits for all copies and gives the memory back.</summary>
    public void Complete()
    {
        for (int i = 0; i < Pieces; i++)
        {
            _streams[i].Synchronize();
            _pieces[i]?.Dispose();
            _pieces[i] = null;
        }
    }

    public void Dispose()
    {
        Complete();
        foreach (AcceleratorStream stream in _streams)
            stream.Dispose();
    }

    private (PageLockedArray1D<byte> Piece, AcceleratorStream Stream) Next(int bytes)
    {
        int index = _next++ % Pieces;
        _streams[index].Synchronize();
        if (_pieces[index] is not { } piece || piece.Length < bytes)
        {
            _pieces[index]?.Dispose();
            _pieces[index] = piece = _queue.Accelerator.AllocatePageLocked1D<byte>(Math.Max(bytes, 1 << 20));
        }

        return (piece, _streams[index]);
    }
}
