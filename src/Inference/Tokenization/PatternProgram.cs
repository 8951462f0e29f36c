namespace Inference.Tokenization;

/// <summary>A regular expression as steps of a non-deterministic automaton, the earlier alternative first.</summary>
/// <remarks>Thompson, Regular expression search algorithm (1968); with priorities as in Pike's matcher.</remarks>
internal sealed class PatternProgram
{
    private const int MaxSteps = 4000;

    private readonly List<Step> _steps = [];
    private readonly Dictionary<RuneSet, int> _setIndices = new(ReferenceEqualityComparer.Instance);

    private PatternProgram(PatternNode pattern)
    {
        Add(pattern);
        Add(new Step(StepKind.Match, 0, 0));
    }

    /// <summary>What a step does.</summary>
    internal enum StepKind
    {
        /// <summary>Takes a character of the set <see cref="Step.First"/>.</summary>
        Take,

        /// <summary>Goes on where the next character is in the set <see cref="Step.First"/>, or the text ends and <see cref="Step.Second"/> is 1.</summary>
        Look,

        /// <summary>Goes on at <see cref="Step.First"/>, and failing that at <see cref="Step.Second"/>.</summary>
        Fork,

        /// <summary>The pattern has matched.</summary>
        Match,
    }

    /// <summary>The sets that steps refer to.</summary>
    public List<RuneSet> Sets { get; } = [];

    /// <summary>How many steps there are.</summary>
    public int Count => _steps.Count;

    /// <summary>A step.</summary>
    public Step this[int index] => _steps[index];

    /// <summary>Writes the steps of a pattern; null where there are too many.</summary>
    public static PatternProgram? TryCreate(PatternNode pattern)
    {
        var program = new PatternProgram(pattern);
        return program.Count <= MaxSteps ? program : null;
    }

    private void Add(PatternNode node)
    {
        if (_steps.Count > MaxSteps)
            return;
        switch (node)
        {
            case PatternNode.Set set:
                Add(new Step(StepKind.Take, IndexOf(set.Runes), 0));
                break;
            case PatternNode.Look look:
                Add(new Step(StepKind.Look, IndexOf(look.Runes), look.OrEnd ? 1 : 0));
                break;
            case PatternNode.Sequence sequence:
                foreach (PatternNode item in sequence.Items)
                    Add(item);
                break;
            case PatternNode.Choice choice:
                AddChoice(choice.Items);
                break;
            case PatternNode.Repeat repeat:
                AddRepeat(repeat);
                break;
        }
    }

    private void AddChoice(IReadOnlyList<PatternNode> items)
    {
        List<int> jumps = [];
        for (int i = 0; i < items.Count; i++)
        {
            int fork = i < items.Count - 1 ? Add(new Step(StepKind.Fork, _steps.Count + 1, 0)) : -1;
            Add(items[i]);
            if (fork < 0)
                continue;
            jumps.Add(Add(new Step(StepKind.Fork, 0, -1)));
            _steps[fork] = _steps[fork] with { Second = _steps.Count };
        }

        foreach (int jump in jumps)
            _steps[jump] = _steps[jump] with { First = _steps.Count };
    }

    private void AddRepeat(PatternNode.Repeat repeat)
    {
        for (int i = 0; i < repeat.Least && _steps.Count <= MaxSteps; i++)
            Add(repeat.Item);
        List<int> forks = [];
        for (int i = repeat.Least; i < repeat.Most && _steps.Count <= MaxSteps; i++)
        {
            forks.Add(Add(new Step(StepKind.Fork, _steps.Count + 1, 0)));
            Add(repeat.Item);
        }

        if (repeat.Most < 0)
        {
            forks.Add(Add(new Step(StepKind.Fork, _steps.Count + 1, 0)));
            Add(repeat.Item);
            Add(new Step(StepKind.Fork, forks[0], -1));
        }

        foreach (int fork in forks)
            _steps[fork] = repeat.IsLazy ? new Step(StepKind.Fork, _steps.Count, fork + 1) : _steps[fork] with { Second = _steps.Count };
    }

    private int Add(Step step)
    {
        _steps.Add(step);
        return _steps.Count - 1;
    }

    private int IndexOf(RuneSet set)
    {
        if (!_setIndices.TryGetValue(set, out int index))
        {
            _setIndices[set] = index = Sets.Count;
            Sets.Add(set);
        }

        return index;
    }

    /// <summary>A step; what the numbers are depends on its kind. A fork to -1 is none.</summary>
    internal readonly record struct Step(StepKind Kind, int First, int Second);
}
