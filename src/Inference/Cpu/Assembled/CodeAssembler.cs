using System.Runtime.Intrinsics;
using Iced.Intel;
using Inference.Cpu.Linear;
using Inference.Formats;
using static Iced.Intel.AssemblerRegisters;

namespace Inference.Cpu.Assembled;

/// <summary>Assembles what turns the planes of a block into codes, a byte each, in zmm16 to zmm23; zmm29 to zmm31 are scratch.</summary>
/// <param name="code">Receives the instructions.</param>
/// <param name="layout">How the block lies.</param>
internal sealed class CodeAssembler(Assembler code, PanelLayout layout)
{
    private const int Groups = 8;

    private static readonly AssemblerRegisterZMM[] _z = [zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23];
    private static readonly AssemblerRegisterZMM[] _planes = [zmm29, zmm30];

    private readonly int _lowBits = layout.LowBits;
    private readonly int _highBits = layout.CodeBits - layout.LowBits;
    private readonly bool _isIndexed = layout.Form == CodeForm.Indices;
    private Label _lowMask = code.CreateLabel();
    private Label _highMask = code.CreateLabel();
    private Label _table = code.CreateLabel();

    /// <summary>Loads the codes of a block.</summary>
    /// <param name="weights">Holds the address of the block.</param>
    public void Emit(AssemblerRegister64 weights)
    {
        for (int group = 0; group < Math.Min(_lowBits, Groups); group++)
            code.vmovdqu64(_z[group], __zmmword_ptr[weights + group * PanelLayout.GroupBytes]);
        if (_lowBits == Groups)
            return;

        if (_isIndexed)
            code.vbroadcasti32x4(zmm29, __xmmword_ptr[_table]);
        for (int group = Groups - 1; group >= 0; group--)
        {
            AssemblerRegisterZMM register = _z[group];
            if (group >= _lowBits)
                code.vpsrlw(register, _z[group % _lowBits], (byte)(group / _lowBits * _lowBits));
            code.vpandd(register, register, __dword_bcst[_lowMask]);
            if (_isIndexed)
                code.vpshufb(register, zmm29, register);
        }

        if (_highBits > 0)
            EmitHigh(weights);
    }

    private void EmitHigh(AssemblerRegister64 weights)
    {
        const byte OrAnd = 0xF8; // a | (b & c)
        for (int i = 0; i < _highBits; i++)
            code.vmovdqu64(_planes[i], __zmmword_ptr[weights + (_lowBits + i) * PanelLayout.GroupBytes]);
        for (int group = 0; group < Groups; group++)
        {
            AssemblerRegisterZMM plane = _planes[group % _highBits];
            int shift = group / _highBits * _highBits - _lowBits;
            if (shift < 0)
                code.vpsllw(zmm31, plane, (byte)-shift);
            else if (shift > 0)
                code.vpsrlw(zmm31, plane, (byte)shift);
            code.vpternlogd(_z[group], shift == 0 ? plane : zmm31, __dword_bcst[_highMask], OrAnd);
        }
    }

    /// <summary>The constants that the code reads, to be put where nothing runs.</summary>
    public void EmitConstants()
    {
        // A mask in every byte of four.
        code.Label(ref _lowMask);
        code.dd(((1u << _lowBits) - 1) * 0x01010101);
        code.Label(ref _highMask);
        code.dd((((1u << _highBits) - 1) << _lowBits) * 0x01010101);
        if (!_isIndexed)
            return;
        code.Label(ref _table);
        byte[] table = new byte[16];
        Vector128<byte> codebook = layout.Type == TensorType.MXFP4 ? Codebook.Fp4 : Codebook.NonLinear;
        codebook.StoreUnsafe(ref table[0]);
        code.db(table);
    }
}
