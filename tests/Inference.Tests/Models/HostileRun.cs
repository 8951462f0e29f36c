using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>Puts hostile files through the whole loader, and whatever loads through one token.</summary>
internal sealed class HostileRun : IDisposable
{
    // The largest block pool that a claimed context gets, exceptions and traces; and some objects for each byte of a vocabulary.
    private const long FixedBytes = 24 << 20;
    private const long BytesPerByte = 48;

    private static readonly TimeSpan _hang = TimeSpan.FromSeconds(60);
    private static readonly EngineOptions _small = new() { Threads = 1, KvCacheTokens = 64, MaxTokensPerStep = 32, MaxSequences = 2, MaxQueuedRequests = 2 };
    private readonly TemporaryFolder _folder = new();

    public int Refused { get; private set; }

    public int Loaded { get; private set; }

    public int Generated { get; private set; }

    /// <summary>What came of the files, for messages.</summary>
    public override string ToString() => $"{Refused} refused, {Loaded} loaded, {Generated} generated";

    public int Total => Refused + Loaded;

    public string PathOf(string name) => _folder.PathOf(name);

    /// <summary>Writes a file over the one of that name, cutting it to the new length.</summary>
    public void Write(string name, ReadOnlySpan<byte> bytes)
    {
        using var stream = new FileStream(PathOf(name), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
        stream.Write(bytes);
        stream.SetLength(bytes.Length);
    }

    /// <summary>Loads and generates; anything but a typed refusal fails the test.</summary>
    public async Task Try(string description, string name, bool ownCache = false)
    {
        string path = Path.Combine(_folder.Path, name);
        EngineOptions options = ownCache ? _small with { KvCacheTokens = null } : _small;
        try
        {
            if (!CheckLoad(path, options, description))
                return;
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, options).WaitAsync(_hang);
            Loaded++;
            await Generate(engine);
            Generated++;
        }
        catch (Exception refusal) when (refusal is InferenceException or IOException)
        {
            // A refusal, of the file or of the request.
        }
        catch (Exception defect) when (defect is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{description}: {defect.GetType().Name}", defect);
        }
    }

    public void Dispose() => _folder.Dispose();

    private bool CheckLoad(string path, EngineOptions options, string description)
    {
        long size = Directory.Exists(path) ? new DirectoryInfo(path).GetFiles().Sum(f => f.Length) : new FileInfo(path).Length;
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool loads = true;
        try
        {
            using LoadedModel loaded = ModelLoader.Load(path, options, null, default);
            Assert.InRange((long)loaded.Cache.Shape.Blocks * loaded.Cache.Shape.BlockSize, 16, 1 << 20);
        }
        catch (Exception refusal) when (refusal is InferenceException or IOException)
        {
            Refused++;
            loads = false;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < FixedBytes + BytesPerByte * size, $"{description}: {allocated} bytes for a file of {size}");
        return loads;
    }

    private static async Task Generate(InferenceEngine engine)
    {
        var options = new GenerationOptions { MaxOutputTokens = 1 };
        int[] tokens = [0, Math.Min(2, engine.Model.VocabularySize - 1)];
        await engine.Submit(Prompt.FromTokens(tokens), options).Completion.WaitAsync(_hang);
        await engine.Submit("Once up on", options).Completion.WaitAsync(_hang);
    }
}
