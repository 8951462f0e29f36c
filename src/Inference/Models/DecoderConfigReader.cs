using Inference.Formats;

namespace Inference.Models;

/// <summary>Reads a decoder's dimensions from whatever kind of file holds it.</summary>
internal static class DecoderConfigReader
{
    /// <exception cref="ModelFormatException">A value is missing, unsupported, or one that no model has.</exception>
    public static DecoderConfig Read(ModelFile file) => file switch
    {
        GgufFile gguf => GgufConfig.Read(gguf),
        SafetensorsModel safetensors => HuggingFaceConfig.Read(safetensors),
        _ => throw new ArgumentException($"{file.GetType().Name} is no kind of model file.", nameof(file)),
    };

    /// <summary>What the file calls the model, or the file's own name.</summary>
    public static string ModelName(ModelFile file)
    {
        if (file is GgufFile gguf && gguf.FindString("general.name") is { Length: > 0 } name)
            return name;
        return Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(file.Path));
    }
}
