using Inference.Cpu;
using Inference.Diagnostics;
using Inference.Execution;
using Inference.Formats;
using Inference.Models;
using Inference.Tokenization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference;

/// <summary>From a path to everything an engine needs.</summary>
internal static class ModelLoader
{
    /// <summary>Tokens that the cache has room for unless told otherwise, where one context is not more.</summary>
    private const int DefaultCacheTokens = 32768;

    /// <summary>The most tokens that a file's word alone makes room for: any file may claim a context of 2^31 - 1.</summary>
    private const int MostDefaultCacheTokens = 1 << 20;

    /// <summary>Share of the machine's memory that the cache may grow to unless told otherwise.</summary>
    private const double DefaultCacheShare = 0.25;

    /// <param name="path">The file or folder.</param>
    /// <param name="options">How the engine is set up.</param>
    /// <param name="progress">Told how far loading has come.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="open">Opens the path; null for what every model's file is opened with.</param>
    public static LoadedModel Load(string path, EngineOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellation, Func<string, ModelFile>? open = null)
    {
        using var cleanup = new CleanupOnFailure();
        if (options.Device is { } given)
            cleanup.Add(given);
        Validate(options);
        try
        {
            LoadedModel loaded = LoadValid(path, options, open ?? ModelFile.Open, cleanup, progress, cancellation);
            cleanup.Release();
            return loaded;
        }
        catch (NotSupportedException refusal) when (refusal is not PlatformNotSupportedException)
        {
            throw new ModelFormatException(path, null, -1, $"the device does not support the model: {refusal.Message}", refusal);
        }
    }

    private static LoadedModel LoadValid(string path, EngineOptions options, Func<string, ModelFile> open, CleanupOnFailure cleanup, IProgress<LoadProgress>? progress, CancellationToken cancellation)
    {
        ILogger logger = options.LoggerFactory?.CreateLogger("Inference.Engine") ?? NullLogger.Instance;
        TimeProvider time = options.TimeProvider ?? TimeProvider.System;
        long start = time.GetTimestamp();

        Device device = options.Device ?? cleanup.Add(new CpuDevice(options.Threads ?? ThreadTeam.DefaultThreads, options.Kernels));
        device.LoggerFactory = options.LoggerFactory ?? NullLoggerFactory.Instance;
        ModelFile file = cleanup.Add(open(path));
        if (file.Tensors.Count == 0)
            throw new ModelFormatException(path, null, -1, "the file holds no weights");
        DecoderConfig config = DecoderConfigReader.Read(file);
        // Beside the weights: reading a vocabulary keeps one thread busy for as long as packing a small model keeps them all.
        Task<Tokenizer> reading = options.Tokenizer is { } given ? Task.FromResult(given) : Task.Run(() => file is GgufFile gguf ? Tokenizer.FromGguf(gguf) : Tokenizer.Load(((SafetensorsModel)file).Folder), CancellationToken.None);
        int context = options.ContextLength ?? config.ContextLength;
        Require(!config.Architecture.LearnsPositions || context <= config.ContextLength, options.ContextLength, nameof(options.ContextLength), $"at most {config.ContextLength}, for which this model has learned positions");
        config = config.ForContext(context);
        var tensors = new TensorSet(file, config);
        Tokenizer tokenizer;
        DecoderBuffers buffers;
        DecoderWeights weights;
        KvCacheShape shape;
        int cacheTokens;
        try
        {
            int rows = tensors.VocabularySize(config.Width);
            tensors.CheckShapes(config);

            // Refused before the weights are packed, which may take seconds.
            int maxLogitRows = Math.Min(options.MaxSequences, options.MaxTokensPerStep);
            long? cacheBytes = device.Prepare(Footprint(options, config, file, tensors, context, DecoderBuffers.BytesOf(config, rows, options.MaxTokensPerStep, maxLogitRows)));
            shape = ShapeCache(options, config, file, context, cacheBytes);
            cacheTokens = (int)Math.Min((long)shape.Blocks * shape.BlockSize, int.MaxValue);
            Require(options.KvCacheTokens is not null || options.ContextLength is null || options.ContextLength <= cacheTokens, options.ContextLength, nameof(options.ContextLength), $"at most {cacheTokens}, for which {(cacheBytes is null ? "a quarter of this machine's memory" : "what the model leaves of the device's memory")} suffices, unless KvCacheTokens is set");
            Require(options.ChunkedPrefill || options.MaxTokensPerStep >= Math.Min(context, cacheTokens), options.MaxTokensPerStep, nameof(options.MaxTokensPerStep), $"at least the context length, {Math.Min(context, cacheTokens)}, where ChunkedPrefill is off");

            buffers = cleanup.Add(new DecoderBuffers(device, config, rows, options.MaxTokensPerStep, maxLogitRows));
            long done = 0;
            void Report(long bytes) => progress?.Report(new LoadProgress(done += bytes, tensors.ByteLength));
            weights = cleanup.Add(DecoderWeights.Upload(tensors, config, device, buffers, Report, cancellation));
            if (options.WeightPacking == WeightPacking.AtLoad)
                device.CompleteUploads(Report, cancellation);
        }
        finally
        {
            // Of two errors the tokenizer's is told; and the file must not be closed while it is read.
            tokenizer = reading.GetAwaiter().GetResult();
        }

        int vocabulary = buffers.Logits.Columns;
        if (tokenizer.VocabularySize > vocabulary && options.Tokenizer is not null)
            throw new TokenizerMismatchException(path, tokenizer.VocabularySize, vocabulary);
        if (tokenizer.VocabularySize > vocabulary)
            throw new ModelFormatException(path, TensorNames.Embedding, -1, $"the tokenizer has {tokenizer.VocabularySize} tokens, the embedding table only {vocabulary} rows");
        var model = new DecoderModel(device, config, weights, buffers);

        DeviceKvCache cache = cleanup.Add(device.AllocateKvCache(shape));
        var info = new ModelInfo(DecoderConfigReader.ModelName(file), config.Architecture.Name, vocabulary, config.Layers, config.Width, config.ContextLength, tensors.ByteLength);

        LogMessages.Loaded(logger, info.Name, info.Architecture, info.Layers, vocabulary, device.Name, time.GetElapsedTime(start).TotalMilliseconds);
        LogMessages.CacheAllocated(logger, shape.Blocks, shape.BlockSize, shape.Type.ToString(), shape.Blocks * shape.BytesPerBlock);
        if (cacheTokens < context)
            LogMessages.ContextLimitedByCache(logger, cacheTokens, context);
        return new LoadedModel(options, info, file, tokenizer, device, model, cache, Math.Min(context, cacheTokens), time, logger);
    }

    private static ModelFootprint Footprint(EngineOptions options, DecoderConfig config, ModelFile file, TensorSet tensors, int context, long activationBytes)
    {
        (IReadOnlyList<StoredTensor>[] layers, IReadOnlyList<StoredTensor> input, IReadOnlyList<StoredTensor> output) = tensors.Places(config.Layers);
        // A context that only the file asks for is cut where the device is too small for it, as where the machine is.
        long tokens = options.KvCacheTokens ?? Math.Min(context, options.ContextLength is null ? DefaultCacheTokens : int.MaxValue);
        long blocks = (tokens + options.KvBlockSize - 1) / options.KvBlockSize;
        KvCacheShape block = CacheBlock(options, config, file);
        return new ModelFootprint(layers, input, output, blocks * block.BytesPerBlock / config.Layers, activationBytes, block);
    }

    private static KvCacheShape CacheBlock(EngineOptions options, DecoderConfig config, ModelFile file) =>
        new(config.Layers, 1, options.KvBlockSize, config.KvHeads, config.HeadSize, options.KvCacheType ?? DefaultCacheType(file));

    // The device's bytes are what it has for keys and values; null where it computes in the host's memory.
    private static KvCacheShape ShapeCache(EngineOptions options, DecoderConfig config, ModelFile file, int context, long? deviceBytes)
    {
        KvCacheShape one = CacheBlock(options, config, file);
        long tokens = options.KvCacheTokens ?? Math.Max(options.ContextLength ?? Math.Min(context, MostDefaultCacheTokens), DefaultCacheTokens);
        long blocks = (tokens + options.KvBlockSize - 1) / options.KvBlockSize;
        if (options.KvCacheTokens is null && deviceBytes is { } bytes)
        {
            // A card's memory has no other use: all that the model leaves is cache.
            blocks = Math.Max(1, bytes / one.BytesPerBlock);
        }
        else if (options.KvCacheTokens is null)
        {
            double memory = DefaultCacheShare * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
            blocks = Math.Clamp((long)(memory / one.BytesPerBlock), 1, blocks);
        }

        return one with { Blocks = (int)Math.Min(blocks, int.MaxValue / options.KvBlockSize) };
    }

    /// <summary>Where every matrix is in 32-bit floats the cache loses nothing either; otherwise 16 bits are exact enough.</summary>
    internal static KvCacheType DefaultCacheType(ModelFile file) =>
        file.Tensors.Values.All(tensor => tensor.Shape.Length < 2 || tensor.Type == TensorType.F32) ? KvCacheType.F32 : KvCacheType.F16;

    internal static void Validate(EngineOptions options)
    {
        Require(options.Threads is null or (>= 1 and <= 1024), options.Threads, nameof(options.Threads), "from 1 to 1024");
        Require(Enum.IsDefined(options.Kernels) && (options.Device is null || options.Kernels == CpuKernels.Auto), options.Kernels, nameof(options.Kernels), "a defined choice, and Auto where a device is given");
        Require(options.ContextLength is null or >= 2, options.ContextLength, nameof(options.ContextLength), "at least 2");
        Require(options.MaxTokensPerStep is >= 1 and <= 1 << 20, options.MaxTokensPerStep, nameof(options.MaxTokensPerStep), "from 1 to 1048576");
        Require(options.MaxSequences is >= 1 and <= 1 << 16, options.MaxSequences, nameof(options.MaxSequences), "from 1 to 65536");
        Require(options.MaxQueuedRequests >= 1, options.MaxQueuedRequests, nameof(options.MaxQueuedRequests), "at least 1");
        Require(options.KvCacheTokens is null or >= 2, options.KvCacheTokens, nameof(options.KvCacheTokens), "at least 2");
        Require(options.KvBlockSize is >= 8 and <= 256 && int.IsPow2(options.KvBlockSize), options.KvBlockSize, nameof(options.KvBlockSize), "a power of two from 8 to 256");
        Require(options.KvCacheType is null || Enum.IsDefined(options.KvCacheType.Value), options.KvCacheType, nameof(options.KvCacheType), "a defined type");
        Require(options.KvSpill is null || options.PrefixCaching, options.KvSpill, nameof(options.KvSpill), "null where PrefixCaching is off, since nothing would be found again");
        Require(Enum.IsDefined(options.WeightPacking), options.WeightPacking, nameof(options.WeightPacking), "a defined value");
        Require(options.StreamCapacity >= 1, options.StreamCapacity, nameof(options.StreamCapacity), "at least 1");
        Require(options.PriorityAgeingInterval is null || options.PriorityAgeingInterval > TimeSpan.Zero, options.PriorityAgeingInterval, nameof(options.PriorityAgeingInterval), "a positive time");
        Require(options.BatchingWindow >= TimeSpan.Zero, options.BatchingWindow, nameof(options.BatchingWindow), "0 or more");
        _ = options.ToScheduling(options.TimeProvider ?? TimeProvider.System);
    }

    private static void Require<T>(bool holds, T value, string option, string rule)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(option, value, $"{option} must be {rule}.");
    }
}
