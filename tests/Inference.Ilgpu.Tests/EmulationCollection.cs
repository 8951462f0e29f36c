using System.Diagnostics.CodeAnalysis;

namespace Inference.Ilgpu.Tests;

/// <summary>The emulation has a thread of the system for each thread of a group: two tests at once would only get into each other's way.</summary>
[CollectionDefinition(Name)]
[SuppressMessage("Naming", "CA1711", Justification = "A collection is what xunit calls it.")]
public sealed class EmulationCollection : ICollectionFixture<SharedDevices>
{
    public const string Name = "Emulation";
}
