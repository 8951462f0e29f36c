namespace Inference.Execution;

/// <summary>Activations of a <see cref="SplitDevice"/>: a tensor on each part that has needed it, of which some hold the latest contents.</summary>
internal sealed class SplitTensor(SplitDevice device, int capacity, int columns) : DeviceTensor(capacity, columns)
{
    private readonly DeviceTensor?[] _inner = new DeviceTensor?[device.Parts.Length];
    private readonly bool[] _isCurrent = new bool[device.Parts.Length];
    private int _last = -1;

    /// <summary>The part that last wrote or read it, and so has the latest contents; the first one where nothing has been written.</summary>
    public int Holder => _last < 0 ? device.FirstPart : _last;

    /// <summary>Whether the part has the latest contents.</summary>
    public bool IsCurrent(int part) => _isCurrent[part];

    /// <summary>The part's tensor with the latest contents, brought there where they are elsewhere.</summary>
    public DeviceTensor Read(int part)
    {
        DeviceTensor target = Take(part);
        if (!_isCurrent[part])
        {
            if (_last >= 0)
                device.Move(_last, Take(_last), part, target);
            _isCurrent[part] = true;
        }

        _last = part;
        return target;
    }

    /// <summary>The part's tensor, whose contents are about to be replaced.</summary>
    public DeviceTensor Write(int part)
    {
        DeviceTensor target = Take(part);
        Array.Clear(_isCurrent);
        _isCurrent[part] = true;
        _last = part;
        return target;
    }

    /// <summary>The part's tensor with the latest contents, about to be changed.</summary>
    public DeviceTensor Change(int part)
    {
        Read(part);
        return Write(part);
    }

    protected override void Dispose(bool disposing)
    {
        foreach (DeviceTensor? tensor in _inner)
            tensor?.Dispose();
    }

    private DeviceTensor Take(int part)
    {
        DeviceTensor tensor = _inner[part] ??= device.Parts[part].Allocate(Capacity, Columns);
        tensor.Rows = Rows;
        return tensor;
    }
}
