using System.Collections;

namespace Inference.Extensions.AI.Configuration;

/// <summary>The options of one type that can be set by name.</summary>
/// <typeparam name="T">The type.</typeparam>
internal sealed class OptionTable<T> : IEnumerable<string>
{
    private readonly Dictionary<string, Func<T, OptionValue, T>> _setters = new(OptionNames.Comparer);

    /// <summary>Adds an option.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="set">The options with it set.</param>
    public void Add(string name, Func<T, OptionValue, T> set) => _setters.Add(name, set);

    /// <summary>Adds the options of a part.</summary>
    /// <typeparam name="TPart">The part's type.</typeparam>
    /// <param name="table">The part's options.</param>
    /// <param name="get">The part.</param>
    /// <param name="with">The whole with another part.</param>
    public void AddFrom<TPart>(OptionTable<TPart> table, Func<T, TPart> get, Func<T, TPart, T> with)
    {
        foreach ((string name, Func<TPart, OptionValue, TPart> set) in table._setters)
            _setters.Add(name, (whole, value) => with(whole, set(get(whole), value)));
    }

    /// <summary>The options with all members of a value set; what is no option, or no value of one, is told in the value's errors.</summary>
    public T Read(T options, OptionValue value)
    {
        var seen = new HashSet<string>(OptionNames.Comparer);
        foreach ((string name, OptionValue member) in value.ReadMembers())
        {
            if (!_setters.TryGetValue(name, out Func<T, OptionValue, T>? set))
                value.Errors.Unknown.Add($"{member.Path} is not known; there are {string.Join(", ", this)}.");
            else if (!seen.Add(name))
                value.Errors.Invalid.Add($"{member.Path} is given more than once.");
            else
                options = set(options, member);
        }

        return options;
    }

    /// <summary>The names, sorted.</summary>
    public IEnumerator<string> GetEnumerator() => _setters.Keys.Order(StringComparer.Ordinal).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
