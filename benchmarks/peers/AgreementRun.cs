using Inference.Execution;
using Inference.Tests.Models;

namespace Inference.Peers;

/// <summary>One tiny model through both engines and the plain decoder.</summary>
/// <param name="model">The model.</param>
/// <param name="halfCache">Keys and values in 16-bit floats on both sides.</param>
/// <param name="hasBlocks">The experts of gpt-oss in MXFP4, as the published models have them.</param>
internal sealed class AgreementRun(OracleCase model, bool halfCache, bool hasBlocks = false)
{
    private const int PromptTokens = 40;
    private const int DecodedTokens = 8;
    private readonly PlainShape _shape = model.Shape with { Vocabulary = 512 };

    public string Name => model.Name;

    public async Task<Agreement> RunAsync()
    {
        string path = Path.Combine(Path.GetTempPath(), $"agree-{Path.GetRandomFileName()}.gguf");
        try
        {
            GptOssBlocks? blocks = hasBlocks ? new(_shape, 1) : null;
            Dictionary<string, PlainTensor> weights = blocks?.Weights ?? RandomModel.Create(_shape, 1);
            await File.WriteAllBytesAsync(path, blocks?.ToGguf(_shape.Vocabulary) ?? new GgufModelFile(_shape, weights, _shape.Vocabulary).ToBytes());
            var random = new Random(1);
            int[] tokens = [.. Enumerable.Range(0, PromptTokens + DecodedTokens).Select(_ => random.Next(_shape.Vocabulary))];
            double[][] plain = new PlainDecoder(_shape, weights).Logits(tokens);
            var remarks = new List<string>();
            if (model.PeerRemark.Length > 0)
                remarks.Add(model.PeerRemark);
            if (_shape.Facts.Activation.StartsWith("gelu", StringComparison.Ordinal))
                remarks.Add("llama.cpp looks GELU up in a table of 16-bit floats");
            float[][]? engine = await EngineAsync(path, tokens, remarks);
            float[][]? peer = Peer(path, tokens, remarks);
            return new Agreement(model.Name, Farthest(engine, peer), Farthest(engine, plain), Farthest(peer, plain), string.Join("; ", remarks));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task<float[][]?> EngineAsync(string path, int[] tokens, List<string> remarks)
    {
        try
        {
            var options = new EngineOptions { Threads = 1, KvCacheTokens = 256, ContextLength = model.ContextLength, KvCacheType = halfCache ? KvCacheType.F16 : KvCacheType.F32 };
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, options);
            var rows = new float[DecodedTokens + 1][];
            for (int i = 0; i < rows.Length; i++)
                rows[i] = await engine.ComputeLogitsAsync(tokens.AsMemory(0, PromptTokens + i));
            return rows;
        }
        catch (InferenceException error)
        {
            remarks.Add($"Inference: {error.Message.Replace(path, "", StringComparison.Ordinal).Trim(':', ' ')}");
            return null;
        }
    }

    private float[][]? Peer(string path, int[] tokens, List<string> remarks)
    {
        try
        {
            using LlamaLogits peer = LlamaLogits.Load(path, (uint)(model.ContextLength ?? 256), _shape.Vocabulary, halfCache);
            return peer.Compute(tokens, PromptTokens);
        }
        catch (PeerException error)
        {
            remarks.Add(error.Message);
            return null;
        }
    }

    private static double? Farthest(float[][]? ours, double[][] plain) => Farthest(ours, [.. plain.Skip(PromptTokens - 1).Select(row => Array.ConvertAll(row, v => (float)v))]);

    private static double? Farthest(float[][]? one, float[][]? other) => one is null || other is null ? null : one.Zip(other, Distance).Max();

    private static double Distance(float[] one, float[] other) =>
        Math.Sqrt(one.Zip(other, (a, b) => ((double)a - b) * ((double)a - b)).Sum() / other.Sum(b => (double)b * b));
}
