namespace Inference.Formats;

/// <summary>What a file begins like.</summary>
internal enum ModelFileKind
{
    Unknown,
    Gguf,
    Safetensors,
}
