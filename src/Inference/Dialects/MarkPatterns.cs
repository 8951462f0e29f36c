namespace Inference.Dialects;

/// <summary>What marks to look for in one answer, and where.</summary>
internal sealed class MarkPatterns
{
    /// <summary>Calls that cannot be read are looked through twice: not any number of them.</summary>
    private const int MostMalformed = 32;

    private readonly Dialect _dialect;
    private readonly bool _isForCalls;
    private string[] _beginning = [];
    private string[] _beginningAfterCall = [];
    private int _malformed;

    public MarkPatterns(Dialect dialect, bool isForCalls)
    {
        _dialect = dialect;
        _isForCalls = isForCalls && dialect.Calls.Count > 0;
        Collect();
    }

    /// <summary>Those that count anywhere in an answer.</summary>
    public string[] Anywhere { get; private set; } = [];

    /// <summary>Those that end a reasoning that is not closed: the models that do so have tokens for them.</summary>
    public string[] EndsOfReasoning { get; private set; } = [];

    private bool ReadsCalls => _isForCalls && _malformed < MostMalformed;

    /// <summary>Those that count at the beginning of an answer, before anything but white space.</summary>
    public string[] AtBeginning(bool afterCall) => afterCall ? _beginningAfterCall : _beginning;

    /// <summary>The call that a mark opens, or null.</summary>
    public CallMarks? Call(string mark) => ReadsCalls ? _dialect.Calls.FirstOrDefault(call => call.Open == mark) : null;

    /// <summary>The reasoning that a mark opens, or null.</summary>
    public ReasoningMarks? Reasoning(string mark) => _dialect.Reasoning.FirstOrDefault(pair => pair.Open == mark);

    /// <summary>The spelled-out mark that closes the answer which another one opens, or null.</summary>
    public string? AnswerClose(string mark) => _dialect.Answers.Where(pair => pair.Open == mark && !IsToken(pair.Close)).Select(pair => pair.Close).FirstOrDefault();

    /// <summary>Counts a call that could not be read.</summary>
    public void CountMalformed()
    {
        if (++_malformed == MostMalformed)
            Collect();
    }

    private void Collect()
    {
        string[] answers = [.. _dialect.Answers.SelectMany(pair => (string[])[pair.Open, pair.Close]).Where(IsToken)];
        string[] opens = [.. _dialect.Reasoning.Select(pair => pair.Open)];
        IEnumerable<CallMarks> calls = ReadsCalls ? _dialect.Calls : [];
        string[] sections = [.. calls.SelectMany(call => call.Sections)];
        Anywhere = [.. opens.Where(IsToken), .. answers, .. calls.Where(call => !call.IsBare).Select(call => call.Open), .. sections];
        Anywhere = [.. Anywhere.Distinct()];
        _beginning = [.. Anywhere, .. opens, .. _dialect.Answers.Select(pair => pair.Open), .. calls.Where(call => call.IsBare).Select(call => call.Open)];
        // A closing mark too many, or what parts calls that have no marks.
        _beginningAfterCall = [.. _beginning, .. calls.Select(call => call.IsBare ? ";" : call.Close).OfType<string>()];
        EndsOfReasoning = [.. sections.Where(IsToken)];
    }

    /// <summary>Whether a mark begins with a token of its own, so that no text can be it.</summary>
    private bool IsToken(string mark) => _dialect.Alphabet.IsCode(mark[0]);
}
