using Inference.Execution;
using Inference.KvCache;
using Inference.Persistence;

namespace Inference;

/// <summary>The cache as the engine's thread has it between two steps.</summary>
/// <param name="Device">Reads and writes blocks.</param>
/// <param name="Cache">Where they lie.</param>
/// <param name="Pool">Who holds which.</param>
/// <param name="Spill">What was evicted and is kept, or null.</param>
internal sealed record CacheAccess(Device Device, DeviceKvCache Cache, BlockPool Pool, BlockSpill? Spill)
{
    /// <summary>Requests that hold blocks now, and may each need another one.</summary>
    public int Running { get; set; }
}
