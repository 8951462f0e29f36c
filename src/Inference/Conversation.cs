namespace Inference;

/// <summary>Messages cut into turns, as <see cref="ContextPolicy"/> says.</summary>
internal sealed class Conversation
{
    private const int Always = int.MaxValue;

    private readonly IReadOnlyList<Message> _messages;
    private readonly int[] _turns;

    public Conversation(IReadOnlyList<Message> messages)
    {
        _messages = messages;
        _turns = new int[messages.Count];
        bool inQuestion = false;
        for (int i = 0; i < _turns.Length; i++)
        {
            string role = messages[i].Role;
            if (role is "system" or "developer")
            {
                _turns[i] = Always;
                continue;
            }

            bool asks = role == "user";
            if (TurnCount == 0 || (asks && !inQuestion))
                TurnCount++;
            inQuestion = asks;
            _turns[i] = TurnCount - 1;
        }
    }

    public int TurnCount { get; private set; }

    /// <summary>All messages but those of the first so many turns.</summary>
    public List<Message> Without(int turns) => [.. _messages.Where((_, i) => _turns[i] >= turns)];

    /// <summary>The messages of the first so many turns.</summary>
    public List<Message> First(int turns) => [.. _messages.Where((_, i) => _turns[i] < turns)];

    /// <summary>How few of the oldest turns can be dropped under a policy so that the rest fits; if none is few enough, all but the last.</summary>
    /// <param name="policy">Says how many turns there may be at most.</param>
    /// <param name="fits">Judges what is left. Taken to be true of less wherever it is true of more.</param>
    public int Excess(ContextPolicy policy, Func<IReadOnlyList<Message>, bool> fits)
    {
        int least = Math.Max(0, TurnCount - policy.Turns);
        int most = Math.Max(least, TurnCount - 1);
        // Most conversations fit: one rendering then settles it. For others, halving: long ones are costly to render.
        if (least == most || fits(Without(least)))
            return least;
        while (most - least > 1)
        {
            int middle = least + ((most - least) / 2);
            if (fits(Without(middle)))
                most = middle;
            else
                least = middle;
        }

        return most;
    }
}
