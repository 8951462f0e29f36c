using System.Globalization;
using System.Text;

namespace Inference.Templating;

/// <summary>The methods of strings.</summary>
internal static class StringMethods
{
    private delegate object? Method(RenderState state, string text, Arguments arguments);

    /// <summary>A method that keeps track of which characters are the template's.</summary>
    private delegate object? TracingMethod(RenderState state, object text, Arguments arguments);

    private static readonly Dictionary<string, TracingMethod> _tracing = new()
    {
        ["capitalize"] = Simple(PythonText.Capitalize),
        ["casefold"] = Simple(text => PythonText.Lower(text.Replace("ß", "ss", StringComparison.Ordinal))),
        ["lower"] = Simple(PythonText.Lower),
        ["swapcase"] = Simple(PythonText.SwapCase),
        ["title"] = Simple(PythonText.Title),
        ["upper"] = Simple(PythonText.Upper),
        ["strip"] = (state, text, arguments) => Strip(state, text, arguments, true, true),
        ["lstrip"] = (state, text, arguments) => Strip(state, text, arguments, true, false),
        ["rstrip"] = (state, text, arguments) => Strip(state, text, arguments, false, true),
        ["removeprefix"] = RemovePrefix,
        ["removesuffix"] = RemoveSuffix,
        ["replace"] = Replace,
        ["join"] = Join,
        ["format"] = BraceFormat.Format,
        ["split"] = (state, text, arguments) => StringSplitting.Split(state, text, arguments, fromEnd: false),
        ["rsplit"] = (state, text, arguments) => StringSplitting.Split(state, text, arguments, fromEnd: true),
        ["splitlines"] = StringSplitting.SplitLines,
        ["partition"] = (state, text, arguments) => StringSplitting.Partition(state, text, arguments, last: false),
        ["rpartition"] = (state, text, arguments) => StringSplitting.Partition(state, text, arguments, last: true),
        ["center"] = (state, text, arguments) => Pad(state, text, arguments, "center"),
        ["ljust"] = (state, text, arguments) => Pad(state, text, arguments, "ljust"),
        ["rjust"] = (state, text, arguments) => Pad(state, text, arguments, "rjust"),
    };

    private static readonly Dictionary<string, Method> _methods = new()
    {
        ["startswith"] = (state, text, arguments) => HasAffix(state, text, arguments, atStart: true),
        ["endswith"] = (state, text, arguments) => HasAffix(state, text, arguments, atStart: false),
        ["count"] = StringSearch.Count,
        ["find"] = (state, text, arguments) => StringSearch.Find(state, text, arguments, "find", last: false),
        ["rfind"] = (state, text, arguments) => StringSearch.Find(state, text, arguments, "rfind", last: true),
        ["index"] = (state, text, arguments) => StringSearch.Index(state, text, arguments, "index", last: false),
        ["rindex"] = (state, text, arguments) => StringSearch.Index(state, text, arguments, "rindex", last: true),
        ["zfill"] = ZeroFill,
        ["expandtabs"] = ExpandTabs,
        ["isalnum"] = All(element => Classes.IsLetter(element) || Classes.IsNumeric(element)),
        ["isalpha"] = All(Classes.IsLetter),
        ["isascii"] = (state, text, arguments) => Ascii.IsValid(text),
        ["isdecimal"] = All(Classes.IsDecimal),
        ["isdigit"] = All(Classes.IsDigit),
        ["isidentifier"] = (state, text, arguments) =>
            text.Length > 0 && Characters.IsNameStart(text[0]) && text.All(Characters.IsNamePart),
        ["isnumeric"] = All(Classes.IsNumeric),
        ["isspace"] = All(element => Characters.IsSpace(element[0])),
        ["islower"] = (state, text, arguments) => IsCase(text, upper: false),
        ["isupper"] = (state, text, arguments) => IsCase(text, upper: true),
        ["istitle"] = (state, text, arguments) => PythonText.Elements(text).Any(PythonText.IsCased) && PythonText.Title(text) == text,
    };

    /// <summary>The method of a text as a value of its own, or null where there is none of that name.</summary>
    public static NativeFunction? Bind(object text, string name)
    {
        string plain = TemplateText.Characters(text);
        if (_tracing.TryGetValue(name, out TracingMethod? tracing))
        {
            return new(name, (state, arguments) =>
            {
                state.Allocate(plain.Length);
                return tracing(state, text, arguments);
            });
        }
        return !_methods.TryGetValue(name, out Method? method) ? null : new(name, (state, arguments) =>
        {
            if (OnlyLooks(name))
                state.Work(plain.Length);
            else
                state.Allocate(plain.Length);
            return method(state, plain, arguments);
        });
    }

    /// <summary>Whether there are cased letters, all of the one case.</summary>
    public static bool IsCase(string text, bool upper)
    {
        bool found = false;
        foreach (string element in PythonText.Elements(text))
        {
            if (!PythonText.IsCased(element))
                continue;
            if (PythonText.IsUpper(element) != upper)
                return false;
            found = true;
        }
        return found;
    }

    private static bool OnlyLooks(string name) =>
        name is "count" or "endswith" or "find" or "index" or "rfind" or "rindex" or "startswith" || name.StartsWith("is", StringComparison.Ordinal);

    private static TracingMethod Simple(Func<string, string> change) => (state, text, arguments) =>
    {
        arguments.RequireNone(state, "the method");
        return TemplateText.Changed(text, change(TemplateText.Characters(text)));
    };

    private static Method All(Func<string, bool> holds) => (state, text, arguments) =>
    {
        arguments.RequireNone(state, "the method");
        return text.Length > 0 && PythonText.Elements(text).All(holds);
    };

    private static object Strip(RenderState state, object text, Arguments arguments, bool atStart, bool atEnd)
    {
        string? characters = arguments.BindPositional(state, "strip", 0, "chars").TextOrNull(0);
        string plain = TemplateText.Characters(text);
        state.Search(plain.Length, characters?.Length ?? 0);
        (int start, int end) = PythonText.StripPlaces(plain, characters, atStart, atEnd);
        return TemplateText.Slice(text, start, end);
    }

    private static bool HasAffix(RenderState state, string text, Arguments arguments, bool atStart)
    {
        BoundArguments bound = arguments.BindPositional(state, atStart ? "startswith" : "endswith", 1, "affix", "start", "end");
        IReadOnlyList<object?> affixes = bound.Value(0) is TupleValue tuple ? tuple.Items : [bound.Text(0)];
        if (StringSearch.Window(text, bound.IntegerOrNull(1), bound.IntegerOrNull(2)) is not (int start, int end))
            return false;
        foreach (object? affix in affixes)
        {
            if (TemplateText.Plain(affix) is not string part)
                throw state.Fail("startswith() and endswith() expect strings");
            state.Work(part.Length);
            ReadOnlySpan<char> window = text.AsSpan(start, end - start);
            if (atStart ? window.StartsWith(part, StringComparison.Ordinal) : window.EndsWith(part, StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    private static object RemovePrefix(RenderState state, object text, Arguments arguments)
    {
        string prefix = arguments.BindPositional(state, "removeprefix", 1, "prefix").Text(0);
        string plain = TemplateText.Characters(text);
        return plain.StartsWith(prefix, StringComparison.Ordinal) ? TemplateText.Slice(text, prefix.Length, plain.Length) : text;
    }

    private static object RemoveSuffix(RenderState state, object text, Arguments arguments)
    {
        string suffix = arguments.BindPositional(state, "removesuffix", 1, "suffix").Text(0);
        string plain = TemplateText.Characters(text);
        return plain.EndsWith(suffix, StringComparison.Ordinal) ? TemplateText.Slice(text, 0, plain.Length - suffix.Length) : text;
    }

    private static object Replace(RenderState state, object text, Arguments arguments)
    {
        BoundArguments bound = arguments.BindPositional(state, "replace", 2, "old", "new", "count");
        return StringSearch.Replace(state, text, bound.Text(0), bound.Spelled(1), bound.Integer(2, -1));
    }

    private static object Join(RenderState state, object separator, Arguments arguments)
    {
        object? items = arguments.BindPositional(state, "join", 1, "items").Value(0);
        int length = TemplateText.Characters(separator).Length;
        var text = new TextBuilder();
        bool first = true;
        foreach (object? item in Sequences.Walk(state, items))
        {
            if (TemplateText.Plain(item) is not string part)
                throw state.Fail($"join() expects strings, found '{TypeNames.Of(item)}'");
            state.Allocate(part.Length + length);
            text.Append(first ? "" : separator).Append(item!);
            first = false;
        }
        return text.Build();
    }

    private static object Pad(RenderState state, object text, Arguments arguments, string name)
    {
        BoundArguments bound = arguments.BindPositional(state, name, 1, "width", "fill");
        string fill = bound.TextOrNull(1) ?? " ";
        if (PythonText.Length(fill) != 1)
            throw state.Fail($"{name}() fills with one character");
        int width = bound.Integer(0);
        long missing = Math.Max(0L, (long)width - PythonText.Length(TemplateText.Characters(text)));
        state.Allocate(missing * fill.Length);
        // Python puts the odd space of centred text to the left only where the width is odd.
        long left = name == "ljust" ? 0 : name == "rjust" ? missing : missing / 2 + (missing & width & 1);
        return new TextBuilder().Append(Repeat(fill, left)).Append(text).Append(Repeat(fill, missing - left)).Build();
    }

    private static string Repeat(string fill, long count) => new StringBuilder().Insert(0, fill, (int)count).ToString();

    private static string ZeroFill(RenderState state, string text, Arguments arguments)
    {
        int width = arguments.BindPositional(state, "zfill", 1, "width").Integer(0);
        long missing = Math.Max(0L, (long)width - PythonText.Length(text));
        state.Allocate(missing);
        int sign = text.StartsWith('+') || text.StartsWith('-') ? 1 : 0;
        return text[..sign] + new string('0', (int)missing) + text[sign..];
    }

    private static string ExpandTabs(RenderState state, string text, Arguments arguments)
    {
        int size = arguments.Bind(state, "expandtabs", 0, "tabsize").Integer(0, 8);
        var result = new StringBuilder();
        int column = 0;
        foreach (char c in text)
        {
            int spaces = c == '\t' && size > 0 ? size - column % size : 0;
            state.Allocate(spaces);
            if (c == '\t')
                result.Append(' ', spaces);
            else
                result.Append(c);
            column = c is '\n' or '\r' ? 0 : column + (c == '\t' ? spaces : 1);
        }
        return result.ToString();
    }

    /// <summary>Classes of code points that the predicates ask for.</summary>
    private static class Classes
    {
        public static bool IsLetter(string element) => PythonText.IsCased(element)
            || PythonText.Category(element) is UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter;

        public static bool IsDecimal(string element) => PythonText.Category(element) is UnicodeCategory.DecimalDigitNumber;

        public static bool IsDigit(string element) => CharUnicodeInfo.GetDigitValue(element, 0) >= 0;

        public static bool IsNumeric(string element) =>
            IsDecimal(element) || PythonText.Category(element) is UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
    }
}
