using System.Globalization;

namespace Inference.Simulation;

/// <summary>A command line of a command's name, files, and options of the form --name value.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _options = [];
    private readonly List<string> _files = [];
    private readonly HashSet<string> _known = [];

    /// <exception cref="ArgumentException">It is malformed.</exception>
    public Arguments(ReadOnlySpan<string> arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
                _files.Add(arguments[i]);
            else if (i + 1 == arguments.Length)
                throw new ArgumentException($"{arguments[i]} needs a value.");
            else if (!_options.TryAdd(arguments[i], arguments[++i]))
                throw new ArgumentException($"{arguments[i - 1]} is given twice.");
        }
    }

    /// <summary>The only file, or folder, that is given.</summary>
    /// <exception cref="ArgumentException">None or several are given.</exception>
    public string File => _files.Count == 1 ? _files[0] : throw new ArgumentException($"One file is needed, {_files.Count} are given.");

    public string Text(string name, string standard)
    {
        _known.Add(name);
        return _options.GetValueOrDefault(name, standard);
    }

    public string[] Texts(string name, string standard) => Text(name, standard).Split(',', StringSplitOptions.RemoveEmptyEntries);

    public bool Flag(string name, bool standard) => Text(name, standard ? "on" : "off") switch
    {
        "on" => true,
        "off" => false,
        string other => throw new ArgumentException($"{name} is on or off, not '{other}'."),
    };

    public double Number(string name, double standard, double least = 0) => Check(name, Text(name, standard.ToString(CultureInfo.InvariantCulture)), least);

    public double[] Numbers(string name, string standard, double least = 0) => [.. Texts(name, standard).Select(text => Check(name, text, least))];

    public int Whole(string name, int standard, int least = 1) => checked((int)Number(name, standard, least));

    public int[] Wholes(string name, string standard, int least = 1) => [.. Numbers(name, standard, least).Select(number => checked((int)number))];

    /// <summary>To be called once all options have been asked for.</summary>
    /// <exception cref="ArgumentException">There are options that nobody asked for.</exception>
    public void RefuseOthers()
    {
        foreach (string name in _options.Keys)
        {
            if (!_known.Contains(name))
                throw new ArgumentException($"There is no option {name} here; there are {string.Join(", ", _known)}.");
        }
    }

    private static double Check(string name, string text, double least) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= least && double.IsFinite(value)
            ? value
            : throw new ArgumentException($"{name} takes numbers of {least} or more, not '{text}'.");
}
