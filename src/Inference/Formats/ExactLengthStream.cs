namespace Inference.Formats;

/// <summary>Passes on writes, up to an agreed number of bytes.</summary>
internal sealed class ExactLengthStream(Stream target, long length, string name) : Stream
{
    public long Written { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => length;

    public override long Position
    {
        get => Written;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > length - Written)
            throw new InvalidOperationException($"The data of tensor '{name}' is longer than its {length} bytes.");
        target.Write(buffer);
        Written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public void RequireAll()
    {
        if (Written != length)
            throw new InvalidOperationException($"The data of tensor '{name}' has {Written} of its {length} bytes.");
    }

    public override void Flush() => target.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
