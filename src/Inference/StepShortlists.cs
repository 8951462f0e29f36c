using Inference.Execution;
using Inference.Sampling;

namespace Inference;

/// <summary>The greatest logits of a step's rows, on a device that selects them: requests that need no more are spared the copy of their row.</summary>
internal sealed class StepShortlists
{
    private readonly Device _device;
    private readonly int _most;
    private readonly float[] _temperatures;
    private readonly int[] _counts;
    private readonly float[] _sums;
    private readonly float[] _logits;
    private readonly int[] _tokens;
    private int _rows;
    private int _length;

    /// <param name="device">Selects some.</param>
    /// <param name="maxSequences">The most rows of a step.</param>
    public StepShortlists(Device device, int maxSequences)
    {
        _device = device;
        _most = Math.Min(device.MostSelected, Shortlist.Longest);
        _temperatures = new float[maxSequences];
        _counts = new int[maxSequences];
        _sums = new float[maxSequences];
        _logits = new float[maxSequences * _most];
        _tokens = new int[maxSequences * _most];
    }

    /// <summary>Starts a step.</summary>
    public void Begin() => _rows = _length = 0;

    /// <summary>Adds the next row's request.</summary>
    public void Add(Sampler sampler)
    {
        int length = sampler.ShortlistLength(_most);
        _length = Math.Max(_length, length);
        _temperatures[_rows++] = length > 0 ? sampler.Temperature : 1;
    }

    /// <summary>Lets the device select, where a request asks for it.</summary>
    /// <param name="logits">[rows that were added, vocabulary].</param>
    public void Select(DeviceTensor logits)
    {
        if (_length > 0)
            _device.SelectTop(logits, _length, _temperatures.AsSpan(0, _rows));
    }

    /// <summary>Waits for what was selected.</summary>
    public void Read()
    {
        if (_length > 0)
            _device.ReadTop(_counts.AsSpan(0, _rows), _sums.AsSpan(0, _rows), _logits.AsSpan(0, _rows * _length), _tokens.AsSpan(0, _rows * _length));
    }

    /// <summary>Chooses a row's token without the row. Any number of threads, each with a scratch of its own.</summary>
    /// <returns>Whether that can be; where not, the row tells, by its token or by what is wrong with it.</returns>
    public bool TrySample(int row, Sampler sampler, int position, SamplerScratch scratch, out SampledToken token)
    {
        token = default;
        if (_length == 0 || sampler.ShortlistLength(_most) == 0 || _counts[row] <= 0)
            return false;
        int first = row * _length;
        Shortlist list = new(_logits.AsSpan(first, _counts[row]), _tokens.AsSpan(first, _counts[row]), _counts[row] < _length, _sums[row]);
        return sampler.TrySample(list, position, scratch, out token);
    }
}
