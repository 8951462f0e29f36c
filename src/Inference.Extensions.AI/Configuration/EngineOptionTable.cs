using Inference.Cpu;
using Inference.Execution;
using Inference.Scheduling;

namespace Inference.Extensions.AI.Configuration;

/// <summary>What of <see cref="EngineOptions"/> can be written in a configuration: all but objects of the host's.</summary>
internal static class EngineOptionTable
{
    private static readonly OptionTable<TenantOptions> _tenant = new()
    {
        { nameof(TenantOptions.Weight), (o, v) => o with { Weight = v.Read<double>() } },
        { nameof(TenantOptions.MaxRunning), (o, v) => o with { MaxRunning = v.ReadOptional<int>() } },
        { nameof(TenantOptions.MaxQueued), (o, v) => o with { MaxQueued = v.ReadOptional<int>() } },
    };

    private static readonly OptionTable<(long MaxBytes, string? Folder)> _spill = new()
    {
        { nameof(KvSpillOptions.MaxBytes), (o, v) => (v.Read<long>(), o.Folder) },
        { nameof(KvSpillOptions.Folder), (o, v) => (o.MaxBytes, v.IsNull ? null : v.ReadText()) },
    };

    /// <summary>The table.</summary>
    public static OptionTable<EngineOptions> All { get; } = new()
    {
        { nameof(EngineOptions.Threads), (o, v) => o with { Threads = v.ReadOptional<int>() } },
        { nameof(EngineOptions.Kernels), (o, v) => o with { Kernels = v.ReadChoice<CpuKernels>() } },
        { nameof(EngineOptions.ContextLength), (o, v) => o with { ContextLength = v.ReadOptional<int>() } },
        { nameof(EngineOptions.MaxTokensPerStep), (o, v) => o with { MaxTokensPerStep = v.Read<int>() } },
        { nameof(EngineOptions.MaxSequences), (o, v) => o with { MaxSequences = v.Read<int>() } },
        { nameof(EngineOptions.MaxQueuedRequests), (o, v) => o with { MaxQueuedRequests = v.Read<int>() } },
        { nameof(EngineOptions.Tenants), (o, v) => o with { Tenants = v.ReadMembers().ToDictionary(tenant => tenant.Name, tenant => _tenant.Read(new TenantOptions(), tenant.Value)) } },
        { nameof(EngineOptions.DefaultTenant), (o, v) => o with { DefaultTenant = _tenant.Read(o.DefaultTenant, v) } },
        { nameof(EngineOptions.PriorityAgeingInterval), (o, v) => o with { PriorityAgeingInterval = v.ReadOptional<TimeSpan>() } },
        { nameof(EngineOptions.MaxBypasses), (o, v) => o with { MaxBypasses = v.Read<int>() } },
        { nameof(EngineOptions.Batching), (o, v) => o with { Batching = v.ReadChoice<BatchingMode>() } },
        { nameof(EngineOptions.BatchingWindow), (o, v) => o with { BatchingWindow = v.Read<TimeSpan>() } },
        { nameof(EngineOptions.ChunkedPrefill), (o, v) => o with { ChunkedPrefill = v.Read<bool>() } },
        { nameof(EngineOptions.KvCacheTokens), (o, v) => o with { KvCacheTokens = v.ReadOptional<int>() } },
        { nameof(EngineOptions.KvBlockSize), (o, v) => o with { KvBlockSize = v.Read<int>() } },
        { nameof(EngineOptions.KvCacheType), (o, v) => o with { KvCacheType = v.IsNull ? null : v.ReadChoice<KvCacheType>() } },
        { nameof(EngineOptions.PrefixCaching), (o, v) => o with { PrefixCaching = v.Read<bool>() } },
        { nameof(EngineOptions.KvSpill), (o, v) => o with { KvSpill = v.IsNull ? null : ReadSpill(v) } },
        { nameof(EngineOptions.StreamCapacity), (o, v) => o with { StreamCapacity = v.Read<int>() } },
        { nameof(EngineOptions.WeightPacking), (o, v) => o with { WeightPacking = v.ReadChoice<WeightPacking>() } },
    };

    private static KvSpillOptions? ReadSpill(OptionValue value)
    {
        (long maxBytes, string? folder) = _spill.Read((0, null), value);
        if (maxBytes >= 1 && folder != "")
            return folder is null ? KvSpillOptions.ToMemory(maxBytes) : KvSpillOptions.ToFile(folder, maxBytes);
        value.Errors.Invalid.Add($"{value.Path}: MaxBytes must be at least 1, and Folder not empty.");
        return null;
    }
}
