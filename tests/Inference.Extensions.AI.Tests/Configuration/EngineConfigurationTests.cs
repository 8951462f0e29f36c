using Inference.Cpu;
using Inference.Execution;
using Inference.Extensions.AI.Configuration;
using Inference.Scheduling;
using Microsoft.Extensions.Configuration;

namespace Inference.Extensions.AI.Tests.Configuration;

/// <summary>Options of engines and generations, written in a configuration.</summary>
public sealed class EngineConfigurationTests
{
    /// <summary>Keys under the option's name with their values, and what the option then is.</summary>
    private static readonly Dictionary<string, ((string Key, string? Value)[] Keys, object? Expected)> _engine = new()
    {
        ["Threads"] = ([("", "3")], 3),
        ["Kernels"] = ([("", "portable")], CpuKernels.Portable),
        ["ContextLength"] = ([("", "1024")], 1024),
        ["MaxTokensPerStep"] = ([("", "100")], 100),
        ["MaxSequences"] = ([("", "7")], 7),
        ["MaxQueuedRequests"] = ([("", "8")], 8),
        ["Tenants"] = ([(":gold:Weight", "2.5"), (":gold:MaxRunning", "4"), (":iron:MaxQueued", "5")], null),
        ["DefaultTenant"] = ([(":Weight", "0.5")], new TenantOptions { Weight = 0.5 }),
        ["PriorityAgeingInterval"] = ([("", "00:00:05")], TimeSpan.FromSeconds(5)),
        ["MaxBypasses"] = ([("", "0")], 0),
        ["Batching"] = ([("", "Windowed")], BatchingMode.Windowed),
        ["BatchingWindow"] = ([("", "00:00:00.25")], TimeSpan.FromMilliseconds(250)),
        ["ChunkedPrefill"] = ([("", "false")], false),
        ["KvCacheTokens"] = ([("", "4096")], 4096),
        ["KvBlockSize"] = ([("", "32")], 32),
        ["KvCacheType"] = ([("", "q8_0")], KvCacheType.Q8_0),
        ["PrefixCaching"] = ([("", "False")], false),
        ["KvSpill"] = ([(":MaxBytes", "5000000000"), (":Folder", "/tmp")], KvSpillOptions.ToFile("/tmp", 5_000_000_000)),
        ["StreamCapacity"] = ([("", "16")], 16),
        ["WeightPacking"] = ([("", "LAZY")], WeightPacking.Lazy),
    };

    private static readonly string[] _objectsOfTheHost = ["Device", "LoggerFactory", "TimeProvider", "Tokenizer"];

    [Fact]
    public void Every_option_but_objects_of_the_host_can_be_written()
    {
        foreach (string name in typeof(EngineOptions).GetProperties().Select(property => property.Name).Except(_objectsOfTheHost))
        {
            ((string Key, string? Value)[] keys, object? expected) = _engine[name];
            (EngineOptions options, OptionErrors errors) = Read([.. keys.Select(key => (name + key.Key, key.Value))]);
            Assert.Empty(errors.Unknown.Concat(errors.Invalid));
            object? value = typeof(EngineOptions).GetProperty(name)!.GetValue(options);
            Assert.NotEqual(typeof(EngineOptions).GetProperty(name)!.GetValue(new EngineOptions()), value);
            if (expected is not null)
                Assert.Equal(expected, value);
        }

        EngineOptions tenants = Read([("Tenants:gold:Weight", "2.5"), ("Tenants:gold:MaxRunning", "4"), ("Tenants:iron:MaxQueued", "5")]).Options;
        Assert.Equal(new TenantOptions { Weight = 2.5, MaxRunning = 4 }, tenants.Tenants["gold"]);
        Assert.Equal(new TenantOptions { MaxQueued = 5 }, tenants.Tenants["iron"]);
        Assert.Equal(KvSpillOptions.ToMemory(9), Read([("KvSpill:MaxBytes", "9")]).Options.KvSpill);
        foreach (string name in _objectsOfTheHost)
            Assert.Contains(name, Assert.Single(Read([(name, "x")]).Errors.Unknown), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_of_generations_can_be_written()
    {
        var keys = new Dictionary<string, string?>
        {
            ["MaxOutputTokens"] = "5", ["Temperature"] = "0.5", ["TopK"] = "2", ["TopP"] = "0.25", ["MinP"] = "0.125", ["RepetitionPenalty"] = "1.5",
            ["FrequencyPenalty"] = "0.5", ["PresencePenalty"] = "-1", ["LogitBias:5"] = "-2", ["Seed"] = "18446744073709551615", ["StopSequences:0"] = "a", ["StopSequences:1"] = "b",
            ["LogProbabilities"] = "1", ["Priority"] = "-1", ["Deadline"] = "00:01:00", ["CacheSalt"] = "s", ["TenantId"] = "t",
            ["ContextPolicy"] = "SlidingWindow(4)", ["Coalesce"] = "true", ["IgnoreEndOfText"] = "true",
        };
        var errors = new OptionErrors();
        GenerationOptions options = GenerationOptionTable.All.Read(new GenerationOptions(), Section(keys, errors));
        Assert.Empty(errors.Unknown.Concat(errors.Invalid));
        var defaults = new GenerationOptions();
        foreach (System.Reflection.PropertyInfo property in typeof(GenerationOptions).GetProperties())
            Assert.NotEqual(property.GetValue(defaults), property.GetValue(options));
        Assert.Equal(["a", "b"], options.StopSequences);
        Assert.Equal(ulong.MaxValue, options.Seed);
        Assert.Equal(-2, options.LogitBias![5]);
        Assert.Equal(ContextPolicy.SlidingWindow(4), options.ContextPolicy);
    }

    [Theory]
    [InlineData("Threads", "many", "many")]
    [InlineData("Threads", "1.5", "1.5")]
    [InlineData("Threads", "99999999999", "99999999999")]
    [InlineData("Threads:Count", "1", "single value")]
    [InlineData("MaxSequences", "", "\"\"")]
    [InlineData("MaxSequences", null, "missing")]
    [InlineData("Kernels", "1", "Portable")]
    [InlineData("Kernels", "fast", "Portable")]
    [InlineData("Kernels", "+1", "Portable")]
    [InlineData("Kernels", "Auto,Portable", "Portable")]
    [InlineData("Kernels", "", "Portable")]
    [InlineData("BatchingWindow", "5", "00:00:30")]
    [InlineData("Tenants", "gold", "named values")]
    [InlineData("Tenants:gold:Weight", "x", "Tenants:gold:Weight")]
    [InlineData("KvSpill:Folder", "/tmp", "MaxBytes")]
    public void A_value_that_means_nothing_is_told_with_its_key(string key, string? value, string expected)
    {
        string error = Assert.Single(Read([(key, value)]).Errors.Invalid);
        Assert.Contains($"Inference:Engine:{key.Split(':')[0]}", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Treads")]
    [InlineData("Tenants:gold:Wait")]
    [InlineData("DefaultTenant:Wait")]
    [InlineData("KvSpill:Path")]
    public void An_unknown_key_is_told_with_the_known_ones(string key)
    {
        string error = Read([(key, "1")]).Errors.Unknown[0];
        Assert.StartsWith($"Inference:Engine:{key} is not known", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_said_is_null_where_an_option_may_be() =>
        Assert.Null(Read([("Threads", null), ("KvSpill", null), ("KvCacheType", null)]).Options.Threads);

    private static (EngineOptions Options, OptionErrors Errors) Read((string Key, string? Value)[] keys)
    {
        var errors = new OptionErrors();
        return (EngineOptionTable.All.Read(new EngineOptions(), Section(keys.ToDictionary(key => key.Key, key => key.Value), errors)), errors);
    }

    private static OptionValue Section(Dictionary<string, string?> keys, OptionErrors errors)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(keys.ToDictionary(key => $"Inference:Engine:{key.Key}", key => key.Value)).Build();
        return new OptionValue("Inference:Engine", configuration.GetSection("Inference:Engine"), errors);
    }
}
