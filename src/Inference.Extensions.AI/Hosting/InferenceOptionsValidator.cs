using Microsoft.Extensions.Options;

namespace Inference.Extensions.AI.Hosting;

/// <summary>Checks an engine's options when the host starts, all at once.</summary>
internal sealed class InferenceOptionsValidator(EngineName name, IServiceProvider services) : IValidateOptions<InferenceOptions>
{
    public ValidateOptionsResult Validate(string? optionsName, InferenceOptions options)
    {
        if (optionsName != name.Options)
            return ValidateOptionsResult.Skip;
        List<string> failures = [.. options.Errors.Unknown, .. options.Errors.Invalid];
        if (string.IsNullOrWhiteSpace(options.ModelPath))
            failures.Add($"{name}: {nameof(options.ModelPath)} is missing; it names a GGUF file, a safetensors file or a folder.");
        else if (Path.Exists(EngineSource.Resolve(options.ModelPath, services)) is false)
            failures.Add($"{name}: {nameof(options.ModelPath)}: there is no file or folder {EngineSource.Resolve(options.ModelPath, services)}.");
        if (options.ChatTemplatePath is { } template && !File.Exists(EngineSource.Resolve(template, services)))
            failures.Add($"{name}: {nameof(options.ChatTemplatePath)}: there is no file {EngineSource.Resolve(template, services)}.");
        if (options.Engine is null || options.Generation is null)
        {
            failures.Add($"{name}: {nameof(options.Engine)} and {nameof(options.Generation)} must not be null.");
        }
        else
        {
            Check($"{name}: {nameof(options.Engine)}", options.Engine.Validate, failures);
            Check($"{name}: {nameof(options.Generation)}", options.Generation.Validate, failures);
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Check(string what, Action validate, List<string> failures)
    {
        try
        {
            validate();
        }
        catch (ArgumentException error)
        {
            failures.Add($"{what}: {error.Message}");
        }
    }
}
