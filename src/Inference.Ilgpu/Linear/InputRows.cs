using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Where a thread reads its part of eight rows of the input. Memory goes on behind the last row; nothing keeps the results of what is there.</summary>
internal struct InputRows
{
    private int _codes;
    private int _left;
    private int _right;
    private int _blocks;

    /// <param name="first">First of the eight rows.</param>
    /// <param name="blocks">Blocks a row.</param>
    public static InputRows At(int first, int blocks)
    {
        int g = Warp.LaneIdx / 4;
        int t = Warp.LaneIdx % 4;
        return Of(first + g, first + 2 * t, first + 2 * t + 1, blocks);
    }

    /// <summary>Rows that need not lie together.</summary>
    /// <param name="own">The row whose codes the thread brings, that of its column of the second operand.</param>
    /// <param name="left">The row of the first of its results.</param>
    /// <param name="right">The row of the second.</param>
    /// <param name="blocks">Blocks a row.</param>
    public static InputRows Of(int own, int left, int right, int blocks)
    {
        InputRows rows = default;
        rows._codes = own * blocks * 4 + Warp.LaneIdx % 4;
        rows._left = left * blocks;
        rows._right = right * blocks;
        rows._blocks = blocks;
        return rows;
    }

    /// <summary>The eight rows after.</summary>
    public static InputRows Next(InputRows rows)
    {
        rows._codes += rows._blocks * 32;
        rows._left += rows._blocks * 8;
        rows._right += rows._blocks * 8;
        return rows;
    }

    /// <summary>Reads the thread's words of a block, eight words long for each row.</summary>
    public static IntPair ReadCodes(InputRows rows, InputView input, int block) => input.CodePairs[rows._codes + block * 4];

    /// <summary>Reads the thread's part of a block.</summary>
    public static InputTile Read(InputRows rows, InputView input, int block)
    {
        int left = rows._left + block;
        int right = rows._right + block;
        InputTile tile = default;
        tile.Codes = ReadCodes(rows, input, block);
        tile.LeftScale = input.Scales[left];
        tile.RightScale = input.Scales[right];
        tile.LeftSums = input.SumPairs[left];
        tile.RightSums = input.SumPairs[right];
        return tile;
    }
}
