using System.Globalization;
using Inference.Execution;
using Inference.Formats;
using Inference.Models;

namespace Inference.Cli.Inspection;

/// <summary>What an engine would compute with a model, or why it would not.</summary>
/// <param name="Values">By names that are lists of words in camel case, in the order to show them; only what differs from the plainest decoder is there.</param>
/// <param name="Problem">Why the model is refused, or null.</param>
internal sealed record ModelSettings(IReadOnlyList<(string Name, object Value)> Values, string? Problem)
{
    public static ModelSettings Of(ModelFile file)
    {
        try
        {
            return new ModelSettings([.. List(DecoderConfigReader.Read(file))], null);
        }
        catch (ModelFormatException refusal)
        {
            return new ModelSettings([], refusal.Message);
        }
    }

    public Dictionary<string, object?>? ForJson() => Problem is null ? Values.ToDictionary(setting => setting.Name, setting => (object?)setting.Value) : null;

    /// <summary>Rows of name and value.</summary>
    public IEnumerable<IReadOnlyList<string>> ForPeople() => Problem is null
        ? Values.Select(setting => (string[])[Spell(setting.Name), string.Create(CultureInfo.InvariantCulture, $"{setting.Value}")])
        : [["refused", Problem]];

    private static IEnumerable<(string Name, object Value)> List(DecoderConfig config)
    {
        DecoderArchitecture architecture = config.Architecture;
        int local = Enumerable.Range(0, config.Layers).Count(config.IsLocal);
        int turned = Enumerable.Range(0, config.Layers).Count(config.HasRope);
        int mixed = Enumerable.Range(0, config.Layers).Count(config.HasExperts);
        yield return ("architecture", architecture.Name);
        yield return ("layers", config.Layers);
        yield return ("width", config.Width);
        yield return ("heads", config.Heads);
        yield return ("keyValueHeads", config.KvHeads);
        yield return ("headSize", config.HeadSize);
        if (mixed < config.Layers)
            yield return ("feedForward", config.FeedForwardWidth);
        if (mixed > 0)
        {
            yield return ("experts", config.Experts);
            yield return ("chosenExperts", config.ChosenExperts);
            yield return ("expertFeedForward", config.ExpertWidth);
            yield return ("layersWithExperts", mixed);
        }

        yield return ("contextLength", config.ContextLength);
        if (config.Window is { } window)
        {
            yield return ("window", window);
            yield return ("layersWithWindow", local);
        }

        yield return ("norm", architecture.Norm == NormKind.Layer ? "layer norm" : "RMS norm");
        if (architecture.HeadNorm != HeadNorm.None)
            yield return ("queryKeyNorm", architecture.HeadNorm == HeadNorm.EachHead ? "each head" : "whole projections");
        yield return ("activation", architecture.Activation.ToString());
        if (architecture.LearnsPositions)
            yield return ("positions", "learned");
        else if (turned < config.Layers)
            yield return ("layersWithRope", turned);
        if (turned > 0)
        {
            foreach ((string Name, object Value) setting in ListRope("rope", config.Rope))
                yield return setting;
            if (config.LocalRope is { } rope)
            {
                foreach ((string Name, object Value) setting in ListRope("windowRope", rope))
                    yield return setting;
            }
        }

        foreach ((string name, double value, double usual) in new[]
        {
            ("attentionScale", config.AttentionScale ?? 0, 0), ("attentionSoftCap", config.AttentionCap, 0), ("logitSoftCap", config.LogitCap, 0),
            ("embeddingScale", config.EmbeddingScale, 1), ("residualScale", config.ResidualScale, 1), ("logitDivisor", config.LogitDivisor, 1),
        })
        {
            if (value != usual)
                yield return (name, value);
        }

        if (architecture.HasSinks)
            yield return ("attentionSinks", true);
        if (architecture.IsParallel)
            yield return ("parallelResidual", true);
    }

    private static IEnumerable<(string Name, object Value)> ListRope(string prefix, RopeSettings rope)
    {
        yield return (prefix + "Theta", rope.Theta);
        yield return (prefix + "Dimensions", rope.Dimensions);
        if (rope.Divisors is not null)
            yield return (prefix + "Divisors", rope.Divisors.Length);
        if (rope.Scaling == RopeScalingKind.None)
            yield break;
        yield return (prefix + "Scaling", rope.Scaling.ToString());
        yield return (prefix + "Factor", rope.Factor);
        if (rope.OriginalContextLength > 0)
            yield return (prefix + "OriginalContext", rope.OriginalContextLength);
    }

    // "keyValueHeads" is "key value heads" to people.
    private static string Spell(string name) =>
        string.Concat(name.Select(c => char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : c.ToString()));
}
