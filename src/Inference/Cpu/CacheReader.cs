using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Inference.Cpu.Assembled;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Reads a chunk of consecutive positions of one head as floats.</summary>
internal static unsafe class CacheReader
{
    /// <summary>Positions a chunk. Chunks are cut at its multiples, counted from the sequence's first position.</summary>
    public const int ChunkSize = 64;

    /// <summary>Reads keys as [element][<see cref="ChunkSize"/> positions].</summary>
    /// <param name="layout">The cache.</param>
    /// <param name="layer">Layer of the cache.</param>
    /// <param name="head">Key-value head.</param>
    /// <param name="blocks">The sequence's block table.</param>
    /// <param name="first">First position, a multiple of the chunk size.</param>
    /// <param name="count">Positions, 1 to the chunk size. What is written behind them is undefined.</param>
    /// <param name="destination">Receives the keys.</param>
    /// <param name="assembled">Whether assembled code may be used; the bits are the same.</param>
    public static void ReadKeys(in CacheLayout layout, int layer, int head, int* blocks, int first, int count, float* destination, bool assembled)
    {
        for (int done = 0; done < count;)
        {
            (int index, int slot) = int.DivRem(first + done, layout.BlockSize);
            // Whole vectors where the block has them: slots behind the wanted ones exist, whatever they hold.
            int wanted = (count - done + Lanes.Count - 1) & -Lanes.Count;
            int run = int.Min(int.Min(wanted, layout.BlockSize - slot), ChunkSize - done);
            byte* keys = layout.Keys(layer, blocks[index], head);
            switch (layout.Type)
            {
                case KvCacheType.F32:
                    ReadRows((float*)keys + slot, layout, run, destination + done);
                    break;
                case KvCacheType.F16:
                    ReadRows((ushort*)keys + slot, layout, run, destination + done, assembled && HalfDecoder.IsSupported);
                    break;
                default:
                    ReadRows((sbyte*)keys + slot, layout.Scales(keys) + slot, layout, run, destination + done);
                    break;
            }

            done += run;
        }
    }

    /// <summary>Reads values as [position][stride].</summary>
    /// <inheritdoc cref="ReadKeys"/>
    public static void ReadValues(in CacheLayout layout, int layer, int head, int* blocks, int first, int count, float* destination, nint stride, bool assembled)
    {
        int size = layout.HeadSize;
        for (int done = 0; done < count; done++, destination += stride)
        {
            (int index, int slot) = int.DivRem(first + done, layout.BlockSize);
            byte* values = layout.Values(layer, blocks[index], head);
            nint element = (nint)slot * size;
            switch (layout.Type)
            {
                case KvCacheType.F32:
                    Unsafe.CopyBlockUnaligned(destination, (float*)values + element, (uint)size * sizeof(float));
                    break;
                case KvCacheType.F16:
                    ReadHalves((ushort*)values + element, destination, size, assembled && HalfDecoder.IsSupported);
                    break;
                default:
                    ReadGroups((sbyte*)values + element, layout.Scales(values) + (nint)slot * layout.Groups, size, destination);
                    break;
            }
        }
    }

    /// <summary>Asks for a chunk of keys or values before it is read: blocks lie apart, which the processor's own guessing does not follow.</summary>
    /// <param name="layout">The cache.</param>
    /// <param name="layer">Layer of the cache.</param>
    /// <param name="head">Key-value head; with the number of heads added, its values.</param>
    /// <param name="blocks">The sequence's block table.</param>
    /// <param name="first">First position, a multiple of the chunk size.</param>
    /// <param name="count">Positions.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Prefetch(in CacheLayout layout, int layer, int head, int* blocks, int first, int count)
    {
        const int CacheLine = 64;
        if (!Sse.IsSupported)
            return;
        for (int done = 0; done < count;)
        {
            (int index, int slot) = int.DivRem(first + done, layout.BlockSize);
            byte* start = layout.Keys(layer, blocks[index], head);
            // A chunk may be a part of a large block; its keys are then spread over all of it, and its values are not.
            for (nint i = 0; i < layout.HeadBytes; i += CacheLine)
                Sse.Prefetch1(start + i);
            done += layout.BlockSize - slot;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadRows(float* source, in CacheLayout layout, int run, float* destination)
    {
        nint stride = layout.BlockSize;
        nint elements = layout.HeadSize;
        for (; run >= Lanes.Count; run -= Lanes.Count, source += Lanes.Count, destination += Lanes.Count)
        {
            for (nint i = 0; i < elements; i++)
                Vector512.Load(source + i * stride).Store(destination + i * ChunkSize);
        }

        for (nint i = 0; i < elements && run > 0; i++)
            Unsafe.CopyBlockUnaligned(destination + i * ChunkSize, source + i * stride, (uint)run * sizeof(float));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadRows(ushort* source, in CacheLayout layout, int run, float* destination, bool assembled)
    {
        nint stride = layout.BlockSize;
        nint elements = layout.HeadSize;
        for (; run >= Lanes.Count; run -= Lanes.Count, source += Lanes.Count, destination += Lanes.Count)
        {
            if (assembled)
            {
                HalfDecoder.Decode(source, stride * sizeof(ushort), destination, ChunkSize * sizeof(float), elements);
                continue;
            }

            for (nint i = 0; i < elements; i++)
                HalfConversion.ToSingle(Vector256.Load(source + i * stride)).Store(destination + i * ChunkSize);
        }

        for (; run >= 8; run -= 8, source += 8, destination += 8)
        {
            for (nint i = 0; i < elements; i++)
                HalfConversion.ToSingle(Vector128.Load(source + i * stride).ToVector256()).GetLower().Store(destination + i * ChunkSize);
        }

        for (nint i = 0; i < elements && run > 0; i++)
            HalfConversion.ToSingle(source + i * stride, destination + i * ChunkSize, run);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadRows(sbyte* source, ushort* scales, in CacheLayout layout, int run, float* destination)
    {
        nint stride = layout.BlockSize;
        nint elements = layout.HeadSize;
        for (; run >= Lanes.Count; run -= Lanes.Count, source += Lanes.Count, scales += Lanes.Count, destination += Lanes.Count)
        {
            for (nint first = 0; first < elements; first += CacheLayout.GroupSize)
            {
                Vector512<float> scale = HalfConversion.ToSingle(Vector256.Load(scales + first / CacheLayout.GroupSize * stride));
                nint end = nint.Min(elements, first + CacheLayout.GroupSize);
                for (nint i = first; i < end; i++)
                    (ToSingle(Vector128.Load(source + i * stride)) * scale).Store(destination + i * ChunkSize);
            }
        }

        for (int slot = 0; slot < run; slot++)
        {
            for (nint i = 0; i < elements; i++)
                destination[i * ChunkSize + slot] = source[i * stride + slot] * HalfConversion.ToSingle(scales[i / CacheLayout.GroupSize * stride + slot]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadHalves(ushort* source, float* destination, nint count, bool assembled)
    {
        nint done = assembled ? count & -Lanes.Count : 0;
        if (done > 0)
            HalfDecoder.Decode(source, Lanes.Count * sizeof(ushort), destination, Lanes.Count * sizeof(float), done / Lanes.Count);
        HalfConversion.ToSingle(source + done, destination + done, count - done);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadGroups(sbyte* source, ushort* scales, int count, float* destination)
    {
        int i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
        {
            Vector512<float> scale = Vector512.Create(HalfConversion.ToSingle(scales[i / CacheLayout.GroupSize]));
            (ToSingle(Vector128.Load(source + i)) * scale).Store(destination + i);
        }

        for (; i < count; i++)
            destination[i] = source[i] * HalfConversion.ToSingle(scales[i / CacheLayout.GroupSize]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ToSingle(Vector128<sbyte> codes)
    {
        Vector256<short> words = Vector256.WidenLower(codes.ToVector256Unsafe());
        return Vector512.ConvertToSingle(Vector512.WidenLower(words.ToVector512Unsafe()));
    }
}
