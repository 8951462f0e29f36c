using System.Runtime.InteropServices;

namespace Inference.Tokenization;

/// <summary>A deterministic automaton that does what a program does: the states are what threads it has, in the order of their priority.</summary>
internal sealed class AutomatonTable
{
    /// <summary>The state that no match comes out of.</summary>
    public const int Dead = 0;

    /// <summary>The state before the first character.</summary>
    public const int Start = 1;

    private const int MaxStates = 4000;
    private const long MaxWork = 1L << 24;

    private readonly PatternProgram _program;
    private readonly RuneClassifier _classes;
    private readonly List<int[]> _threads = [[], [0]];
    private readonly Dictionary<string, int> _states = new(StringComparer.Ordinal) { [""] = Dead, ["\0"] = Start };
    private readonly List<int> _entries = [];
    private readonly List<int> _next = [];
    private readonly int[] _visited;
    private int _round;
    private long _work;

    private AutomatonTable(PatternProgram program, RuneClassifier classes)
    {
        _program = program;
        _classes = classes;
        _visited = new int[program.Count];
        for (int state = 0; state < _threads.Count && IsSmall; state++)
        {
            for (int next = 0; next <= classes.Count && IsSmall; next++)
                _entries.Add(Advance(_threads[state], next));
        }
    }

    /// <summary>A column for each class and one for the end of the text.</summary>
    public int Columns => _classes.Count + 1;

    private bool IsSmall => _threads.Count <= MaxStates && _work <= MaxWork;

    /// <summary>For each state and column the state after, doubled, plus one where a match ends before the character.</summary>
    /// <returns>Null where it is too large.</returns>
    public static int[]? TryCreate(PatternProgram program, RuneClassifier classes)
    {
        var table = new AutomatonTable(program, classes);
        return table.IsSmall ? [.. table._entries] : null;
    }

    private int Advance(int[] threads, int next)
    {
        _next.Clear();
        _round++;
        bool matched = false;
        var pending = new Stack<int>();
        for (int i = 0; i < threads.Length && !matched; i++)
        {
            pending.Push(threads[i]);
            while (!matched && pending.TryPop(out int index))
            {
                _work++;
                if (_visited[index] == _round)
                    continue;
                _visited[index] = _round;
                PatternProgram.Step step = _program[index];
                bool atEnd = next == _classes.Count;
                switch (step.Kind)
                {
                    case PatternProgram.StepKind.Match:
                        matched = true;
                        break;
                    case PatternProgram.StepKind.Fork:
                        if (step.Second >= 0)
                            pending.Push(step.Second);
                        pending.Push(step.First);
                        break;
                    case PatternProgram.StepKind.Look:
                        if (atEnd ? step.Second != 0 : _classes.IsIn(next, step.First))
                            pending.Push(index + 1);
                        break;
                    default:
                        if (!atEnd && _classes.IsIn(next, step.First))
                            _next.Add(index + 1);
                        break;
                }
            }

            // What was still to be tried comes after a match that is complete.
            pending.Clear();
        }

        return (2 * State(CollectionsMarshal.AsSpan(_next))) + (matched ? 1 : 0);
    }

    private int State(ReadOnlySpan<int> threads)
    {
        string key = string.Create(threads.Length, threads, static (characters, ids) =>
        {
            for (int i = 0; i < ids.Length; i++)
                characters[i] = (char)ids[i];
        });
        if (!_states.TryGetValue(key, out int state))
        {
            _states[key] = state = _threads.Count;
            _threads.Add(threads.ToArray());
        }

        return state;
    }
}
