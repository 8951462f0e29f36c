using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Attention;

/// <summary>The 16 queries that a group of threads works on: neighbouring rows of one sequence times the query heads of one key-value head.</summary>
internal struct QueryTile
{
    /// <summary>Queries a tile.</summary>
    public const int Size = 16;

    /// <summary>Its first row in the step.</summary>
    public int FirstRow;

    /// <summary>Its rows; 0 where another tile has them.</summary>
    public int Rows;

    /// <summary>The key-value head.</summary>
    public int KeyHead;

    /// <summary>The first query head.</summary>
    public int FirstHead;

    /// <summary>Query heads.</summary>
    public int Heads;

    /// <summary>Where the sequence's block table starts.</summary>
    public int Table;

    /// <summary>The position of the first row.</summary>
    public int FirstPosition;

    /// <summary>The position of the last row.</summary>
    public readonly int LastPosition => FirstPosition + Rows - 1;

    /// <summary>How many tiles the query heads of a key-value head take.</summary>
    public static int TilesPerKey(int headsPerKey) => (headsPerKey + Size - 1) / Size;

    /// <summary>Rows a tile, at most.</summary>
    public static int RowsPerTile(int headsPerKey) => XMath.Max(1, Size / headsPerKey);

    /// <summary>The tile of this group. Grid: rows, key-value heads x tiles of each.</summary>
    /// <remarks>Groups whose row does not start a tile have none: so the grid needs to know no more than how many rows there are.</remarks>
    public static QueryTile Here(AttentionView attention)
    {
        int tiles = TilesPerKey(attention.HeadsPerKey);
        int rowsPerTile = RowsPerTile(attention.HeadsPerKey);
        int row = Grid.IdxX;
        int sequence = attention.RowSequences[row] * StepBuffers.SequenceSize;
        int start = attention.Sequences[sequence];
        int end = start + attention.Sequences[sequence + 3];
        int within = Grid.IdxY % tiles * Size;
        QueryTile tile = new()
        {
            FirstRow = row,
            Rows = XMath.Min(rowsPerTile, end - row),
            KeyHead = Grid.IdxY / tiles,
            FirstHead = Grid.IdxY / tiles * attention.HeadsPerKey + within,
            Heads = XMath.Min(Size, attention.HeadsPerKey - within),
            Table = attention.Sequences[sequence + 2],
            FirstPosition = attention.Positions[row],
        };
        if ((row - start) % rowsPerTile != 0)
            tile.Rows = 0;
        return tile;
    }

    /// <summary>The position of a query; -1 where the tile has none.</summary>
    public readonly int Position(int query)
    {
        int position = FirstPosition + query / Heads;
        if (query / Heads >= Rows)
            position = -1;
        return position;
    }

    /// <summary>Which of the step's rows and heads a query is.</summary>
    public readonly long Place(AttentionView attention, int query) => (long)(FirstRow + query / Heads) * attention.Heads + FirstHead + query % Heads;
}
