using Inference.Formats;

namespace Inference.Tests.Formats;

public class ModelFileTests
{
    [Fact]
    public void A_model_is_known_by_its_content()
    {
        using TemporaryFolder folder = new();
        string gguf = folder.Write("model.bin", new GgufBytes().ToArray());
        string safetensors = folder.Write("model.dat", SafetensorsBytes.File("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}""", 1));

        using ModelFile first = ModelFile.Open(gguf);
        using ModelFile second = ModelFile.Open(safetensors);

        Assert.IsType<GgufFile>(first);
        Assert.IsType<SafetensorsModel>(second);
    }

    [Fact]
    public void A_folder_with_one_gguf_file_is_that_file()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("a.gguf", new GgufBytes().ToArray());

        using (ModelFile model = ModelFile.Open(folder.Path))
            Assert.Equal(path, model.Path);

        folder.Write("b.gguf", new GgufBytes().ToArray());
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => ModelFile.Open(folder.Path));
        Assert.Contains("a.gguf, b.gguf", refusal.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_model_is_refused()
    {
        using TemporaryFolder folder = new();

        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => ModelFile.Open(folder.Path));
        Assert.Contains("model.safetensors", refusal.Problem, StringComparison.Ordinal);
        Assert.Contains(".gguf", refusal.Problem, StringComparison.Ordinal);
        Assert.Throws<ModelFormatException>(() => SafetensorsModel.Open(folder.Path));
        Assert.Throws<FileNotFoundException>(() => ModelFile.Open(folder.PathOf("absent.gguf")));
        Assert.Throws<ModelFormatException>(() => ModelFile.Open(folder.Write("notes.txt", "hello, this is no model")));
        Assert.Throws<ModelFormatException>(() => ModelFile.Open(folder.Write("empty.gguf", "")));
    }
}
