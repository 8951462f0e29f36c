using Iced.Intel;
using Inference.Cpu.Linear;
using Inference.Formats;
using static Iced.Intel.AssemblerRegisters;

namespace Inference.Cpu.Assembled;

/// <summary>Assembles products of panels of plain numbers with a tile of the input.</summary>
/// <remarks>
/// Weights become floats in registers, once for all rows; pairs of bfloat16 stay pairs, and are multiplied with such.
/// The functions are <c>void (FloatTileCall* call)</c>. An element of the output is one chain of fused additions over the columns of the
/// call, begun from zero and added to the sum that is there: the bits of <see cref="FloatKernel{TLanes, T, TFloats}"/>.
/// </remarks>
internal sealed class FloatAssembler
{
    /// <summary>The most panels of a tile.</summary>
    public const int MaxPanels = 4;

    private const int CacheLine = 64;
    private const int PrefetchDistance = 8192;
    // So few leave room for four panels, and time for the processor to fetch ahead by itself, which it then does best.
    private const int FewRows = 6;
    private const int FewChains = 12;

    private static readonly AssemblerRegisterZMM[] _z =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    private static readonly AssemblerRegister64[] _weights = [rcx, rdx, r8, r9];

    private readonly Assembler _code = new(64);
    private readonly PanelLayout _layout;
    private readonly int _rows;
    private readonly int _panels;
    private readonly AssemblerRegister64 _call = rax;
    private readonly AssemblerRegister64 _input = r10;
    private readonly AssemblerRegister64 _offset = r11;
    private readonly AssemblerRegister64 _count = rbx;

    private FloatAssembler(PanelLayout layout, int rows, int panels)
    {
        _layout = layout;
        _rows = rows;
        _panels = panels;
    }

    private int ColumnBytes => PanelLayout.Rows * _layout.LaneBytes;

    /// <summary>The most panels whose sums fit the registers, with room for a weight of each and some inputs.</summary>
    /// <param name="rows">Rows of the tile, 1 to <see cref="QuantizedActivations.FloatTileRows"/>.</param>
    public static int PanelsFor(int rows) => rows <= FewRows ? MaxPanels : 2;

    /// <summary>The machine code, independent of where it is put.</summary>
    /// <param name="layout">F32, F16 (IEEE halves) or BF16, where a pair counts as a column.</param>
    /// <param name="rows">Input rows, 1 to <see cref="QuantizedActivations.FloatTileRows"/>.</param>
    /// <param name="panels">1, 2 or 4, at most <see cref="PanelsFor"/>.</param>
    public static byte[] Assemble(PanelLayout layout, int rows, int panels)
    {
        var assembler = new FloatAssembler(layout, rows, panels);
        assembler.Emit();
        using var stream = new MemoryStream();
        assembler._code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private void Emit()
    {
        Label several = _code.CreateLabel();
        Label rest = _code.CreateLabel();
        Label one = _code.CreateLabel();
        Label done = _code.CreateLabel();
        CallFrame.Enter(_code, _call);
        for (int i = 0; i < _rows * _panels; i++)
            _code.vpxord(_z[i], _z[i], _z[i]);
        _code.mov(_weights[0], __[_call + FloatTileCall.WeightsOffset]);
        for (int panel = 1; panel < _panels; panel++)
        {
            _code.mov(_weights[panel], _weights[panel - 1]);
            _code.add(_weights[panel], __[_call + FloatTileCall.WeightsStepOffset]);
        }

        _code.mov(_input, __[_call + FloatTileCall.InputOffset]);
        _code.mov(_count, __[_call + FloatTileCall.CountOffset]);
        _code.xor(r11d, r11d);

        int unroll = _rows * _panels <= FewChains ? 8 : 4;
        _code.sub(_count, unroll);
        _code.jl(rest);
        _code.Label(ref several);
        EmitColumns(unroll);
        _code.sub(_count, unroll);
        _code.jge(several);
        _code.Label(ref rest);
        _code.add(_count, unroll);
        _code.jz(done);
        _code.Label(ref one);
        EmitColumns(1);
        _code.dec(_count);
        _code.jnz(one);
        _code.Label(ref done);
        EmitSums();
        CallFrame.Leave(_code);
    }

    private void EmitColumns(int count)
    {
        for (int i = 0; i < count; i++)
        {
            for (int panel = 0; panel < _panels; panel++)
            {
                // While the multipliers are busy, the processor does not look far enough ahead by itself to fetch the next weights; see TileAssembler.
                if (_rows > FewRows && count > 1 && i * ColumnBytes % CacheLine == 0)
                    _code.prefetcht1(__byte_ptr[_weights[panel] + _offset + (PrefetchDistance + i * ColumnBytes)]);
                EmitLoad(Weight(panel), _weights[panel] + _offset + i * ColumnBytes);
            }

            for (int row = 0; row < _rows; row++)
                EmitProducts(row, (i * _rows + row) * sizeof(float));
        }

        _code.add(_offset, count * ColumnBytes);
        _code.add(_input, count * _rows * sizeof(float));
    }

    private void EmitLoad(AssemblerRegisterZMM weight, AssemblerMemoryOperand source)
    {
        if (_layout.Type == TensorType.F16)
            _code.vcvtph2ps(weight, __ymmword_ptr[source]);
        else
            _code.vmovups(weight, __zmmword_ptr[source]);
    }

    private void EmitProducts(int row, int offset)
    {
        if (_panels == 1)
        {
            if (_layout.IsPaired)
                _code.vdpbf16ps(Sum(0, row), Weight(0), __dword_bcst[_input + offset]);
            else
                _code.vfmadd231ps(Sum(0, row), Weight(0), __dword_bcst[_input + offset]);
            return;
        }

        int first = (_rows + 1) * _panels;
        AssemblerRegisterZMM factor = _z[first + row % (_z.Length - first)];
        _code.vbroadcastss(factor, __dword_ptr[_input + offset]);
        for (int panel = 0; panel < _panels; panel++)
        {
            if (_layout.IsPaired)
                _code.vdpbf16ps(Sum(panel, row), Weight(panel), factor);
            else
                _code.vfmadd231ps(Sum(panel, row), Weight(panel), factor);
        }
    }

    private void EmitSums()
    {
        _code.mov(_input, __[_call + FloatTileCall.SumsOffset]);
        for (int panel = 0; panel < _panels; panel++)
        {
            for (int row = 0; row < _rows; row++)
            {
                int offset = row * PanelLayout.Rows * sizeof(float);
                _code.vaddps(Sum(panel, row), Sum(panel, row), __zmmword_ptr[_input + offset]);
                _code.vmovups(__zmmword_ptr[_input + offset], Sum(panel, row));
            }

            _code.add(_input, __[_call + FloatTileCall.SumsStepOffset]);
        }
    }

    private AssemblerRegisterZMM Sum(int panel, int row) => _z[panel * _rows + row];

    private AssemblerRegisterZMM Weight(int panel) => _z[_rows * _panels + panel];
}
