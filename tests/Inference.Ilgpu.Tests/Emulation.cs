
namespace Inference.Ilgpu.Tests;

/// <summary>The emulation has a thread of the system for each thread of a group: two tests at once would only get into each other's way.</summary>
[CollectionDefinition(Name)]
public sealed class Emulation : ICollectionFixture<SharedDevices>
{
    public const string Name = "Emulation";
}
