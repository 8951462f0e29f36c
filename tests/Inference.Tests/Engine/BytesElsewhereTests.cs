using Inference.Formats;
using Inference.Tests.Formats;

namespace Inference.Tests.Engine;

/// <summary>A model whose file is a header, with tensors' bytes in memory.</summary>
public class BytesElsewhereTests
{
    [Fact]
    public async Task A_header_and_bytes_from_elsewhere_are_the_model()
    {
        using TemporaryFolder folder = new();
        using GgufFile whole = GgufFile.Open(TestData.Stories260K);
        GgufWriter writer = new();
        foreach ((string key, GgufValue value) in whole.Metadata)
            writer.SetMetadata(key, value);
        foreach (StoredTensor tensor in whole.Tensors.Values)
            writer.AddTensor(tensor.Name, tensor.Type, tensor.Shape, _ => throw new InvalidOperationException("a header has no bytes"));
        using MemoryStream header = new();
        Assert.Equal(writer.WriteHeader(header), header.Length);
        string path = folder.Write("header.gguf", header.ToArray());

        using (GgufFile described = GgufFile.Open(path))
            Assert.True(described.IsHeaderOnly);
        await Assert.ThrowsAsync<ModelFormatException>(() => InferenceEngine.LoadAsync(path));
        Assert.Equal(await GenerateAsync(await InferenceEngine.LoadAsync(TestData.Stories260K)), await GenerateAsync(InferenceEngine.Load(path, new(), Open)));

        ModelFile Open(string name)
        {
            GgufFile file = GgufFile.Open(name, tensor => whole.Tensors[tensor.Name]);
            Assert.False(file.IsHeaderOnly);
            return file;
        }
    }

    private static async Task<int[]> GenerateAsync(InferenceEngine engine)
    {
        await using (engine)
            return [.. (await engine.Submit("Once upon a time", new() { MaxOutputTokens = 8 }).Completion).Tokens];
    }
}
