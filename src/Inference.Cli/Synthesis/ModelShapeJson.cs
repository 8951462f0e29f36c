using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Cli.Synthesis;

/// <summary>Reads a <see cref="ModelShape"/> with code that the compiler generates, since native programs cannot look types over.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(ModelShape))]
internal sealed partial class ModelShapeJson : JsonSerializerContext;
