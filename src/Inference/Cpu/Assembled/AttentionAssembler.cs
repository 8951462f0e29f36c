using Iced.Intel;
using Inference.Execution;
using static Iced.Intel.AssemblerRegisters;

namespace Inference.Cpu.Assembled;

/// <summary>Assembles products of some queries with keys or values as they lie in the cache, which are decoded in registers.</summary>
/// <remarks>
/// <para>The functions are <c>void (AttentionTileCall* call)</c>. A tile is some queries by some vectors of 16: runs of positions for keys,
/// elements for values. Each vector is decoded once and multiplied with all queries.</para>
/// <para>They give the bits of <see cref="AttentionTiles"/> on decoded numbers: decoding is exact, and sums go over elements or positions
/// one after the other.</para>
/// </remarks>
internal sealed class AttentionAssembler
{
    private const int CacheLine = 64;
    private const int ScoreStep = CacheReader.ChunkSize * sizeof(float);

    private static readonly AssemblerRegisterZMM[] _z =
    [
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
    ];

    private static readonly AssemblerRegister64[] _runs = [r8, r9, r10, r11];
    private static readonly AssemblerRegister64[] _next = [rbx, rbp, r12, r13];

    private readonly Assembler _code = new(64);
    private readonly KvCacheType _type;
    private readonly int _queries;
    private readonly int _vectors;
    private readonly AssemblerRegister64 _call = rax;
    private readonly AssemblerRegister64 _count = rcx;
    private readonly AssemblerRegister64 _factors = rdx;
    private readonly AssemblerRegister64 _step = rdi;

    private AttentionAssembler(KvCacheType type, int queries, int vectors)
    {
        _type = type;
        _queries = queries;
        _vectors = vectors;
    }

    private int ElementBytes => _type switch { KvCacheType.F32 => 4, KvCacheType.F16 => 2, _ => 1 };

    private AssemblerRegisterZMM Factor => _z[(_queries + 2) * _vectors];

    /// <summary>The most vectors of a tile: its sums, a vector and a scale for each, and a factor fit 32 registers.</summary>
    public static int MaxVectors(int queries) => queries <= 5 ? 4 : 2;

    /// <summary>Queries times keys.</summary>
    public static byte[] Scores(KvCacheType type, int queries, int vectors) =>
        new AttentionAssembler(type, queries, vectors).Assemble(assembler => assembler.EmitScores());

    /// <summary>Weights times values.</summary>
    public static byte[] Sums(KvCacheType type, int queries, int vectors) =>
        new AttentionAssembler(type, queries, vectors).Assemble(assembler => assembler.EmitSums());

    private byte[] Assemble(Action<AttentionAssembler> body)
    {
        CallFrame.Enter(_code, _call);
        for (int i = 0; i < _queries * _vectors; i++)
            _code.vpxord(_z[i], _z[i], _z[i]);
        _code.mov(_factors, __[_call + AttentionTileCall.FactorsOffset]);
        _code.mov(_step, __[_call + AttentionTileCall.StepOffset]);
        _code.mov(_count, __[_call + AttentionTileCall.CountOffset]);
        body(this);
        CallFrame.Leave(_code);
        using var stream = new MemoryStream();
        _code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private void EmitScores()
    {
        AssemblerRegister64 offset = rsi;
        Label group = _code.CreateLabel();
        Label element = _code.CreateLabel();
        for (int i = 0; i < _vectors; i++)
        {
            _code.mov(_runs[i], __[_call + (AttentionTileCall.RunsOffset + i * sizeof(long))]);
            _code.mov(_next[i], __[_call + (AttentionTileCall.NextOffset + i * sizeof(long))]);
        }

        _code.xor(esi, esi);
        AssemblerRegister64 left = _count;
        if (_type == KvCacheType.Q8_0)
        {
            left = r14;
            _code.xor(r15d, r15d);
            _code.Label(ref group);
            for (int i = 0; i < _vectors; i++)
            {
                _code.mov(left, __[_call + (AttentionTileCall.RunScalesOffset + i * sizeof(long))]);
                _code.vcvtph2ps(Scale(i), __ymmword_ptr[left + r15]);
            }

            _code.mov(r14d, CacheLayout.GroupSize);
            _code.cmp(_count, left);
            _code.cmovl(left, _count);
            _code.sub(_count, left);
        }

        // As many elements as fill a cache line of a run, whose successor is fetched meanwhile: to the second-level cache, because
        // the first has too few places for lines that are on their way from memory.
        int elements = CacheLine / (Lanes.Count * ElementBytes);
        _code.Label(ref element);
        for (int i = 0; i < _vectors; i++)
            _code.prefetcht1(__byte_ptr[_next[i] + offset]);
        for (int i = 0; i < elements; i++)
        {
            for (int vector = 0; vector < _vectors; vector++)
                EmitDecode(vector, _runs[vector] + offset, Scale(vector));
            for (int query = 0; query < _queries; query++)
                EmitProducts(query, (i * _queries + query) * sizeof(float));
            _code.add(offset, _step);
        }

        _code.add(_factors, elements * _queries * sizeof(float));
        _code.sub(left, elements);
        _code.jnz(element);
        if (_type == KvCacheType.Q8_0)
        {
            _code.add(r15, __[_call + AttentionTileCall.ScaleStepOffset]);
            _code.test(_count, _count);
            _code.jnz(group);
        }

        _code.mov(_factors, __[_call + AttentionTileCall.OutputOffset]);
        for (int query = 0; query < _queries; query++)
            EmitStore(query, query * ScoreStep);
    }

    private void EmitSums()
    {
        (AssemblerRegister64 cursor, AssemblerRegister64 left, AssemblerRegister64 scaleStep) = (rsi, r11, r15);
        (AssemblerRegister64 source, AssemblerRegister64 next, AssemblerRegister64 scales) = (r8, r9, r10);
        Label run = _code.CreateLabel();
        Label position = _code.CreateLabel();
        _code.mov(cursor, _call);
        _code.mov(scaleStep, __[_call + AttentionTileCall.ScaleStepOffset]);
        _code.Label(ref run);
        _code.mov(source, __[cursor + AttentionTileCall.RunsOffset]);
        _code.mov(next, __[cursor + AttentionTileCall.NextOffset]);
        _code.mov(scales, __[cursor + AttentionTileCall.RunScalesOffset]);
        _code.mov(r11d, Lanes.Count);
        _code.cmp(_count, 1);
        _code.cmove(left, __[_call + AttentionTileCall.LastOffset]);

        _code.Label(ref position);
        for (int offset = 0; offset < _vectors * Lanes.Count * ElementBytes; offset += CacheLine)
            _code.prefetcht1(__byte_ptr[next + offset]);
        for (int vector = 0; vector < _vectors; vector++)
        {
            // Two vectors share a scale.
            if (_type == KvCacheType.Q8_0 && vector % 2 == 0)
            {
                _code.vpbroadcastw(Scale(0), __word_ptr[scales + vector / 2 * sizeof(ushort)]);
                _code.vcvtph2ps(Scale(0), Half(Scale(0)));
            }

            EmitDecode(vector, source + vector * Lanes.Count * ElementBytes, Scale(0));
        }

        for (int query = 0; query < _queries; query++)
            EmitProducts(query, query * ScoreStep);
        _code.add(source, _step);
        _code.add(next, _step);
        _code.add(scales, scaleStep);
        _code.add(_factors, sizeof(float));
        _code.dec(left);
        _code.jnz(position);
        _code.add(cursor, sizeof(long));
        _code.dec(_count);
        _code.jnz(run);

        _code.mov(_factors, __[_call + AttentionTileCall.OutputOffset]);
        for (int query = 0; query < _queries; query++)
        {
            EmitStore(query, 0);
            _code.add(_factors, __[_call + AttentionTileCall.OutputStepOffset]);
        }
    }

    private void EmitDecode(int vector, AssemblerMemoryOperand source, AssemblerRegisterZMM scale)
    {
        AssemblerRegisterZMM decoded = Decoded(vector);
        switch (_type)
        {
            case KvCacheType.F32:
                _code.vmovups(decoded, __zmmword_ptr[source]);
                break;
            case KvCacheType.F16:
                _code.vcvtph2ps(decoded, __ymmword_ptr[source]);
                break;
            default:
                _code.vpmovsxbd(decoded, __xmmword_ptr[source]);
                _code.vcvtdq2ps(decoded, decoded);
                _code.vmulps(decoded, decoded, scale);
                break;
        }
    }

    private void EmitProducts(int query, int offset)
    {
        _code.vbroadcastss(Factor, __dword_ptr[_factors + offset]);
        for (int vector = 0; vector < _vectors; vector++)
            _code.vfmadd231ps(_z[query * _vectors + vector], Decoded(vector), Factor);
    }

    private void EmitStore(int query, int offset)
    {
        for (int vector = 0; vector < _vectors; vector++)
            _code.vmovups(__zmmword_ptr[_factors + (offset + vector * Lanes.Count * sizeof(float))], _z[query * _vectors + vector]);
    }

    private AssemblerRegisterZMM Decoded(int vector) => _z[_queries * _vectors + vector];

    private AssemblerRegisterZMM Scale(int vector) => _z[(_queries + 1) * _vectors + vector];

    private static AssemblerRegisterYMM Half(AssemblerRegisterZMM register) => new(Register.YMM0 + (register.Value - Register.ZMM0));
}
