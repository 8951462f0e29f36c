using Iced.Intel;
using Inference.Cpu.Linear;
using Inference.Formats;
using static Iced.Intel.AssemblerRegisters;

namespace Inference.Cpu.Assembled;

/// <summary>Assembles, for one weight type and one number of input rows, the product of a panel and a tile of the input.</summary>
/// <remarks>
/// <para>The function is <c>void (byte* panel, InputBlock* input, nint superBlocks, float* sums)</c>; it leaves the 16 sums of input row i at
/// <c>sums + 16 i</c>, which must be aligned to nothing in particular.</para>
/// <para>It gives the bits of <see cref="QuantizedKernel{TLanes, T, TCodes, TScales}"/>: inside a block all is integers (those that it
/// holds as floats stay below 2^24 and are exact), and across blocks it makes the same roundings in the same order.</para>
/// <para>Registers: zmm0-15 sums, zmm16-23 codes of the block, zmm24 scale, zmm25 minimum, zmm26-27 sub-scales or
/// their products with scale and minimum, zmm28 sub-minima,
/// zmm29-31 scratch.</para>
/// </remarks>
internal sealed class TileAssembler
{
    private const int Groups = 8;
    private const int PrefetchDistance = 8192;
    private const int NearDistance = 4096;
    private const int SumOffset = 40;
    private const int FirstSumOffset = 44;
    private const int SecondSumOffset = 48;

    private static readonly AssemblerRegisterZMM[] _z =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    private readonly Assembler _code = new(64);
    private readonly PanelLayout _layout;
    private readonly int _rows;
    private readonly int _zeroPower;
    private readonly AssemblerRegister64 _weights = rax;
    private readonly AssemblerRegister64 _input = rdx;
    private readonly AssemblerRegister64 _supers = r8;
    private readonly AssemblerRegister64 _sums = r9;
    private readonly AssemblerRegister64 _subScales = r10;
    private readonly AssemblerRegister32 _blocks = r11d;
    private readonly CodeAssembler _codes;
    private Label _nibbleMask;

    private TileAssembler(PanelLayout layout, int rows)
    {
        _layout = layout;
        _rows = rows;
        _zeroPower = layout.Type == TensorType.MXFP4 ? 4 : BlockFormat.Zero(layout.Type) is > 0 and int zero ? int.Log2(zero) : -1;
        _codes = new CodeAssembler(_code, layout);
        _nibbleMask = _code.CreateLabel();
    }

    private static AssemblerRegisterZMM Scale => zmm24;

    private static AssemblerRegisterZMM Minimum => zmm25;

    private static AssemblerRegisterZMM BlockScale => zmm26;

    private static AssemblerRegisterZMM BlockMinimum => zmm27;

    private static AssemblerRegisterZMM SubMinima => zmm28;

    private bool HasPairs => _layout.GroupsPerBlock == 2;

    /// <summary>The machine code, independent of where it is put.</summary>
    /// <param name="layout">How the panel lies; a quantised type.</param>
    /// <param name="rows">Input rows, 1 to 16.</param>
    public static byte[] Assemble(PanelLayout layout, int rows)
    {
        var assembler = new TileAssembler(layout, rows);
        assembler.Emit();
        using var stream = new MemoryStream();
        assembler._code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private void Emit()
    {
        EmitEntry();
        for (int i = 0; i < _rows; i++)
            _code.vpxord(_z[i], _z[i], _z[i]);

        Label super = _code.CreateLabel();
        Label block = _code.CreateLabel();
        int codeBytes = _layout.SuperBlocks * _layout.BlockCodeBytes;
        _code.Label(ref super);
        EmitScales(codeBytes);
        if (_layout.HasSubScales)
        {
            int halves = (_layout.HasMinima ? 2 : 1) * PanelLayout.Rows * sizeof(ushort);
            _code.lea(_subScales, __[_weights + (codeBytes + halves)]);
            _code.mov(_blocks, _layout.SuperBlocks);
            _code.Label(ref block);
        }

        EmitPrefetch(_layout.HasSubScales ? _layout.BlockCodeBytes : _layout.SuperBytes);
        _codes.Emit(_weights);
        if (_layout.HasSubScales)
            EmitSubScales();
        for (int row = 0; row < _rows; row++)
            EmitRow(_z[row], row * InputBlock.Bytes);
        _code.add(_input, _rows * InputBlock.Bytes);
        _code.add(_weights, _layout.BlockCodeBytes);
        if (_layout.HasSubScales)
        {
            _code.dec(_blocks);
            _code.jnz(block);
        }

        if (_layout.HasSubScales)
            EmitPrefetch(_layout.SuperBytes - codeBytes);
        _code.add(_weights, _layout.SuperBytes - codeBytes);
        _code.dec(_supers);
        _code.jnz(super);

        for (int i = 0; i < _rows; i++)
            _code.vmovups(__[_sums + i * PanelLayout.Rows * sizeof(float)], _z[i]);
        EmitReturn();
        _codes.EmitConstants();
        _code.Label(ref _nibbleMask);
        _code.dd(0x0F);
    }

    // While the multipliers are busy, the processor does not look far enough ahead by itself to fetch the next weights. They are fetched into
    // the second-level cache: on their way into the first they would hold up the input, which comes from the second. One row of bytes is
    // multiplied faster than memory delivers, and waits least for what is fetched all the way.
    private void EmitPrefetch(int bytes)
    {
        bool waitsForMemory = _rows == 1 && _layout.CodeBits == 8;
        for (int line = 0; line < bytes; line += 64)
        {
            if (waitsForMemory)
                _code.prefetcht0(__byte_ptr[_weights + (NearDistance + line)]);
            else
                _code.prefetcht1(__byte_ptr[_weights + (PrefetchDistance + line)]);
        }
    }

    /// <summary>Arguments to the registers used here, which no convention wants preserved.</summary>
    private void EmitEntry()
    {
        if (OperatingSystem.IsWindows())
        {
            // rcx, rdx, r8, r9 come as they are needed, but for the first; xmm6 to xmm15 belong to the caller.
            _code.mov(_weights, rcx);
            _code.sub(rsp, 10 * 16 + 8);
            for (int i = 0; i < 10; i++)
                _code.vmovups(__xmmword_ptr[rsp + i * 16], Xmm(6 + i));
            return;
        }

        _code.mov(_weights, rdi);
        _code.mov(_supers, rdx);
        _code.mov(_sums, rcx);
        _code.mov(_input, rsi);
    }

    private void EmitReturn()
    {
        // The caller's code may use the older vector encodings, which are slow while upper halves are in use.
        _code.vzeroupper();
        if (OperatingSystem.IsWindows())
        {
            for (int i = 0; i < 10; i++)
                _code.vmovups(Xmm(6 + i), __xmmword_ptr[rsp + i * 16]);
            _code.add(rsp, 10 * 16 + 8);
        }

        _code.ret();
    }

    private void EmitScales(int offset)
    {
        AssemblerMemoryOperand halves = __ymmword_ptr[_weights + offset];
        if (_layout.Type == TensorType.MXFP4)
        {
            _code.vpmovzxwd(Scale, halves);
            _code.vpslld(Scale, Scale, 16);
        }
        else
        {
            _code.vcvtph2ps(Scale, halves);
        }

        if (_layout.HasMinima)
            _code.vcvtph2ps(Minimum, __ymmword_ptr[_weights + (offset + PanelLayout.Rows * sizeof(ushort))]);
    }

    private void EmitSubScales()
    {
        if (!HasPairs)
        {
            EmitProduct(BlockScale, Scale, 0);
            if (_layout.HasMinima)
                EmitProduct(BlockMinimum, Minimum, PanelLayout.Rows);
            _code.add(_subScales, (_layout.HasMinima ? 2 : 1) * PanelLayout.Rows);
            return;
        }

        if (_layout.HasNibbleScales)
        {
            EmitNibbleScales();
            return;
        }

        for (int group = 0; group < 2; group++)
        {
            _code.vpmovsxbd(_z[26 + group], __xmmword_ptr[_subScales + group * PanelLayout.Rows]);
            _code.vcvtdq2ps(_z[26 + group], _z[26 + group]);
        }

        if (_layout.HasMinima)
        {
            // The minima of the two halves of the block in the two halves of each lane, for a product of pairs.
            _code.vpmovzxbd(SubMinima, __xmmword_ptr[_subScales + 2 * PanelLayout.Rows]);
            _code.vpmovzxbd(zmm29, __xmmword_ptr[_subScales + 3 * PanelLayout.Rows]);
            _code.vpslld(zmm29, zmm29, 16);
            _code.vpord(SubMinima, SubMinima, zmm29);
        }

        _code.add(_subScales, (_layout.HasMinima ? 4 : 2) * PanelLayout.Rows);
    }

    private void EmitNibbleScales()
    {
        _code.vpmovzxbd(zmm26, __xmmword_ptr[_subScales]);
        _code.vpmovzxbd(zmm27, __xmmword_ptr[_subScales + PanelLayout.Rows]);
        // The minima of the two halves of the block in the two halves of each lane, for a product of pairs.
        _code.vpsrld(SubMinima, zmm26, 4);
        _code.vpsrld(zmm29, zmm27, 4);
        _code.vpslld(zmm29, zmm29, 16);
        _code.vpord(SubMinima, SubMinima, zmm29);
        for (int group = 0; group < 2; group++)
        {
            _code.vpandd(_z[26 + group], _z[26 + group], __dword_bcst[_nibbleMask]);
            _code.vcvtdq2ps(_z[26 + group], _z[26 + group]);
        }

        _code.add(_subScales, 2 * PanelLayout.Rows);
    }

    private void EmitProduct(AssemblerRegisterZMM product, AssemblerRegisterZMM unit, int offset)
    {
        _code.vpmovsxbd(product, __xmmword_ptr[_subScales + offset]);
        _code.vcvtdq2ps(product, product);
        _code.vmulps(product, unit, product);
    }

    private void EmitRow(AssemblerRegisterZMM sum, int offset)
    {
        // Two chains where the halves of the block have scales of their own, and where one row alone would wait for one chain.
        bool twoChains = HasPairs || _rows == 1;
        Start(zmm29, HasPairs ? FirstSumOffset : SumOffset, offset);
        if (HasPairs)
            Start(zmm30, SecondSumOffset, offset);
        else if (twoChains)
            _code.vpxord(zmm30, zmm30, zmm30);
        for (int group = 0; group < Groups; group++)
        {
            AssemblerRegisterZMM chain = twoChains && group >= Groups / 2 ? zmm30 : zmm29;
            _code.vpdpbusd(chain, _z[16 + group], __dword_bcst[_input + (offset + group * 4)]);
        }

        if (twoChains && !HasPairs)
            _code.vpaddd(zmm29, zmm29, zmm30);
        _code.vcvtdq2ps(zmm29, zmm29);
        if (HasPairs)
        {
            _code.vmulps(zmm29, zmm29, zmm26);
            _code.vcvtdq2ps(zmm30, zmm30);
            _code.vfmadd231ps(zmm29, zmm30, zmm27);
        }

        _code.vmulps(zmm31, _layout.HasSubScales && !HasPairs ? BlockScale : Scale, __dword_bcst[_input + (offset + InputBlock.ScaleOffset)]);
        _code.vfmadd231ps(sum, zmm29, zmm31);
        if (!_layout.HasMinima)
            return;
        if (!HasPairs)
        {
            _code.vfmadd231ps(sum, _layout.HasSubScales ? BlockMinimum : Minimum, __dword_bcst[_input + (offset + InputBlock.ScaledSumOffset)]);
            return;
        }

        _code.vpxord(zmm30, zmm30, zmm30);
        _code.vpdpwssd(zmm30, SubMinima, __dword_bcst[_input + (offset + InputBlock.HalfSumsOffset)]);
        _code.vcvtdq2ps(zmm30, zmm30);
        _code.vmulps(zmm31, Minimum, __dword_bcst[_input + (offset + InputBlock.ScaleOffset)]);
        _code.vfmadd231ps(sum, zmm30, zmm31);
    }

    /// <summary>Starts an integer sum with what the zero of the codes takes away: the negated sum of the inputs, times a power of two.</summary>
    private void Start(AssemblerRegisterZMM chain, int sumOffset, int offset)
    {
        if (_zeroPower < 0)
            _code.vpxord(chain, chain, chain);
        else
            _code.vpslld(chain, __dword_bcst[_input + (offset + sumOffset)], (byte)_zeroPower);
    }

    private static AssemblerRegisterXMM Xmm(int index) =>
        new[] { xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15 }[index - 6];
}
