using System.Text.Json;
using Inference.Execution;
using Inference.Formats;
using Inference.Models;

namespace Inference.Cli.Inspection;

/// <summary>What running a model takes, as far as its file says; activations and working memory come on top.</summary>
/// <param name="WeightBytes">Bytes of all tensors as stored.</param>
/// <param name="CacheBytesPer1024Tokens">Keys and values of 1,024 tokens as an engine stores them by default, or null where the dimensions are not stated.</param>
/// <param name="CacheBytesAtFullContext">Keys and values of one request that fills the context.</param>
/// <param name="ContextLength">The context length that the file states.</param>
internal sealed record MemoryNeed(long WeightBytes, long? CacheBytesPer1024Tokens, long? CacheBytesAtFullContext, long? ContextLength)
{
    public static MemoryNeed Of(ModelFile file)
    {
        (long? perToken, long? context) = OfDecoder(file) ?? file switch
        {
            GgufFile gguf => OfMetadata(gguf),
            SafetensorsModel { Config: { ValueKind: JsonValueKind.Object } config } => OfConfig(config),
            _ => (null, null),
        };
        perToken *= ModelLoader.DefaultCacheType(file) == KvCacheType.F32 ? sizeof(float) : sizeof(ushort);
        return new MemoryNeed(file.Tensors.Values.Sum(tensor => tensor.ByteLength), perToken * 1024, perToken * context, context);
    }

    public Dictionary<string, object?> ForJson() => new()
    {
        ["weightBytes"] = WeightBytes,
        ["cacheBytesPer1024Tokens"] = CacheBytesPer1024Tokens,
        ["cacheBytesAtFullContext"] = CacheBytesAtFullContext,
        ["contextLength"] = ContextLength,
    };

    private static (long? PerToken, long? Context)? OfDecoder(ModelFile file)
    {
        try
        {
            DecoderConfig config = DecoderConfigReader.Read(file);
            return (2L * config.Layers * config.KvHeads * config.HeadSize, config.ContextLength);
        }
        catch (ModelFormatException)
        {
            // Of a model that no engine here takes, the usual names of the numbers are looked at.
            return null;
        }
    }

    private static (long? PerToken, long? Context) OfMetadata(GgufFile file)
    {
        string? family = file.FindString("general.architecture");
        if (family is null || file.FindInt32Array($"{family}.block_count") is not [var layers, ..])
            return (null, null);

        int[]? heads = file.FindInt32Array($"{family}.attention.head_count");
        int[]? keyValueHeads = file.FindInt32Array($"{family}.attention.head_count_kv") ?? heads;
        int? width = file.FindInt32($"{family}.embedding_length");
        long? headSize = heads is [> 0, ..] && width is not null ? width / heads[0] : null;
        long? keySize = file.FindInt32($"{family}.attention.key_length") ?? headSize;
        long? valueSize = file.FindInt32($"{family}.attention.value_length") ?? headSize;
        // One number for all layers, or one for each.
        long? allHeads = keyValueHeads is [var single] ? (long)single * layers : keyValueHeads?.Sum(count => (long)count);
        return (allHeads * (keySize + valueSize), file.FindInt32($"{family}.context_length"));
    }

    private static (long? PerToken, long? Context) OfConfig(JsonElement config)
    {
        long? heads = Number("num_attention_heads");
        long? headSize = Number("head_dim") ?? (heads > 0 ? Number("hidden_size") / heads : null);
        long? keyValueHeads = Number("num_key_value_heads") ?? heads;
        return (Number("num_hidden_layers") * keyValueHeads * headSize * 2, Number("max_position_embeddings"));

        long? Number(string name) => config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : null;
    }
}
