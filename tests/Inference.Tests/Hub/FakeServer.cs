using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Inference.Tests.Hub;

/// <summary>A web server on this machine that does exactly what it is told, wrong things included.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<FakeRequest> _requests = [];
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;

    public FakeServer(Func<FakeRequest, FakeResponse> answer)
    {
        Answer = answer;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    public Func<FakeRequest, FakeResponse> Answer { get; set; }

    public IReadOnlyList<FakeRequest> Requests => [.. _requests];

    /// <summary>Done when an answer hangs.</summary>
    public TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _listener.AcceptSocketAsync(_stopping.Token);
                _connections.Add(Task.Run(() => ServeAsync(socket)));
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                using NetworkStream stream = new(socket);
                using StreamReader reader = new(stream, Encoding.ASCII, leaveOpen: true);
                if (await ReadAsync(reader) is not { } request)
                    return;
                _requests.Enqueue(request);
                await WriteAsync(socket, stream, Answer(request));
            }
            catch (Exception end) when (end is OperationCanceledException or IOException or SocketException)
            {
                // The client went, or the test is over.
            }
        }
    }

    private async Task<FakeRequest?> ReadAsync(StreamReader reader)
    {
        if (await reader.ReadLineAsync(_stopping.Token) is not { Length: > 0 } first)
            return null;
        Dictionary<string, string> headers = [];
        while (await reader.ReadLineAsync(_stopping.Token) is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':');
            headers[line[..colon].ToUpperInvariant()] = line[(colon + 1)..].Trim();
        }

        string[] target = first.Split(' ')[1].Split('?', 2);
        return new FakeRequest(target[0], target.Length > 1 ? target[1] : "", headers);
    }

    private async Task WriteAsync(Socket socket, NetworkStream stream, FakeResponse response)
    {
        if (response.CutAfter == -1)
        {
            socket.Close(0);
            return;
        }

        StringBuilder head = new($"HTTP/1.1 {response.Status} Answer\r\nConnection: close\r\n");
        if (!response.WithoutLength)
            head.Append($"Content-Length: {response.ClaimedLength ?? response.Body.Length}\r\n");
        foreach ((string name, string value) in response.Headers)
            head.Append($"{name}: {value}\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), _stopping.Token);
        int length = Math.Min(response.CutAfter ?? response.HangAfter ?? response.Body.Length, response.Body.Length);
        await stream.WriteAsync(response.Body.AsMemory(0, length), _stopping.Token);
        if (response.HangAfter is not null)
        {
            Hanging.TrySetResult();
            await Task.Delay(Timeout.Infinite, _stopping.Token);
        }

        socket.Shutdown(SocketShutdown.Send);
        // Until the client has read it all: closing at once may take back what is on the way.
        _ = await socket.ReceiveAsync(new byte[1], _stopping.Token);
    }
}
