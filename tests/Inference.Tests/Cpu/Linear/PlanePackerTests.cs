using System.Runtime.Intrinsics;
using Inference.Cpu.Linear;

namespace Inference.Tests.Cpu.Linear;

public sealed unsafe class PlanePackerTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Every_code_of_every_row_and_column_comes_back(int bits)
    {
        byte* block = stackalloc byte[6 * PanelLayout.GroupBytes];
        byte[,] codes = new byte[PanelLayout.Rows, PanelLayout.BlockColumns];
        var random = new Random(bits);
        for (int row = 0; row < PanelLayout.Rows; row++)
        {
            byte[] line = new byte[PanelLayout.BlockColumns];
            for (int column = 0; column < line.Length; column++)
                codes[row, column] = line[column] = (byte)random.Next(1 << bits);
            PlanePacker.Pack(Vector128.Create(line), Vector128.Create(line, 16), bits, block + 4 * row);
        }

        for (int row = 0; row < PanelLayout.Rows; row++)
        {
            for (int column = 0; column < PanelLayout.BlockColumns; column++)
                Assert.Equal(codes[row, column], Code(block, bits, row, column));
        }
    }

    // As the layout is described, written plainly.
    private static int Code(byte* block, int bits, int row, int column)
    {
        int low = bits >= 4 ? 4 : 2;
        return Plane(block, low, row, column) | Plane(block + low * PanelLayout.GroupBytes, bits - low, row, column) << low;
    }

    private static int Plane(byte* plane, int bits, int row, int column)
    {
        if (bits == 0)
            return 0;
        int group = column / 4;
        byte packed = plane[group % bits * PanelLayout.GroupBytes + 4 * row + column % 4];
        return packed >> group / bits * bits & ((1 << bits) - 1);
    }
}
