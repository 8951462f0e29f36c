namespace Inference.Tests.Models;

/// <summary>Which generation of transformers wrote a checkpoint.</summary>
internal enum CheckpointStyle
{
    /// <summary>As the models were published.</summary>
    Published,

    /// <summary>As version 5 saves them: rope_parameters, layer_types, dtype.</summary>
    Renewed,
}
