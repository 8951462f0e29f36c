namespace Inference.Extensions.AI.Tests;

/// <summary>A small trained model with a chat template, in a folder of its own that goes with it.</summary>
internal sealed class ModelFolder : IDisposable
{
    /// <summary>A template whose prompts begin with those of the turns before.</summary>
    public const string PlainTemplate =
        """
        {%- for message in messages %}
            {{- '[' + message.role + ']' + message.content }}
            {%- if message.role == 'assistant' %}{{- '\n' }}{%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '[assistant]' }}{%- endif %}
        """;

    public ModelFolder(string template = PlainTemplate)
    {
        Path = Directory.CreateTempSubdirectory("inference-").FullName;
        foreach (string file in Directory.EnumerateFiles(TestData.Path("models/TinyStories-656K")).Where(file => !file.EndsWith(".gguf", StringComparison.Ordinal)))
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        File.WriteAllText(System.IO.Path.Combine(Path, "chat_template.jinja"), template);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The source of a real model's template.</summary>
    public static string Golden(string name) => File.ReadAllText(TestData.Path($"chat-templates/models/{name}.jinja"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
