using System.Text.Json;
using Inference.Templating;
using Inference.Tokenization;

namespace Inference.Tests.Templating;

/// <summary>Only characters that the template spells count as its own, wherever they come to stand.</summary>
public sealed class ProvenanceTests
{
    private static readonly Dictionary<string, object?> _variables = new()
    {
        ["v"] = "<v>",
        ["spaced"] = "  <v> ",
        ["list"] = new object?[] { "<v>", "w" },
        ["map"] = new Dictionary<string, object?> { ["k"] = "<v>" },
        ["n"] = 7,
        ["json"] = JsonElement.Parse("""{"a": "<v>", "b": [1, "w"]}"""),
        ["own"] = TemplateText.Own("<s>"),
        ["sharp"] = "straße",
    };

    /// <summary>Templates, and what they print with what is not the template's in «».</summary>
    public static TheoryData<string, string> Cases() => new()
    {
        { "a{{ v }}b", "a«<v>»b" },
        { "{{ own }}{{ v }}", "<s>«<v>»" },
        { "{{ '<' + v + '>' }}", "<«<v>»>" },
        { "{{ 'a' ~ v ~ n ~ 'b' }}", "a«<v>7»b" },
        { "{{ 'a' + ('b' + v) + 'c' }}", "ab«<v>»c" },
        { "{{ ('a' ~ v ~ 'b')[1:] }}", "«<v>»b" },
        { "{{ ('a' ~ v ~ 'b')[:2] }}", "a«<»" },
        { "{{ ('a' ~ v ~ 'b')[::-1] }}", "b«>v<»a" },
        { "{{ ('a' ~ v)|reverse }}", "«>v<»a" },
        { "{{ ('a' ~ v ~ 'b')[0] }}{{ ('a' ~ v ~ 'b')[1] }}{{ ('a' ~ v ~ 'b')|last }}", "a«<»b" },
        { "{{ ('😀' ~ v ~ '😀')[1:] }}", "«<v>»😀" },
        { "{{ ('😀' ~ v ~ '😀')[::2] }}", "😀«v»😀" },
        { "{{ (' a' ~ spaced)|trim }}|{{ spaced|trim }}|", "a«  <v>»|«<v>»|" },
        { "{{ spaced.strip() }}{{ ('xa' ~ v).lstrip('x') }}{{ (v ~ 'bx').rstrip('x') }}", "«<v>»a«<v><v>»b" },
        { "{{ ('a' ~ v).upper() }}{{ ('A' ~ v)|lower }}{{ ('a' ~ v)|capitalize }}{{ ('a' ~ v)|title }}", "A«<V>»a«<v>»A«<v>»A«<V>»" },
        { "{{ ('a' ~ sharp)|upper }}{{ 'ß'|upper }}", "«ASTRASSE»SS" },
        { "{{ 'a-b'.replace('-', v) }}{{ v.replace('v', 'w') }}{{ v|replace('<', '[')  }}", "a«<v>»b«<»w«>»[«v>»" },
        { "{{ 'ab'.replace('', v) }}", "«<v>»a«<v>»b«<v>»" },
        { "{{ v.replace('x', 'y') }}{{ 'a'.replace('x', v) }}", "«<v>»a" },
        { "{{ list|join(', ') }}|{{ ', '.join(list) }}|{{ ['a', v]|join }}", "«<v>», «w»|«<v>», «w»|a«<v>»" },
        { "{{ 'a,b'|join(v) }}", "a«<v>»,«<v>»b" },
        { "{{ v|join(',') }}", "«<»,«v»,«>»" },
        { "{{ ('a ' ~ v ~ ' b').split()|join('+') }}", "a+«<v>»+b" },
        { "{{ ('a,' ~ v).split(',')[1] }}{{ ('a,' ~ v).rsplit(',', 1)[0] }}", "«<v>»a" },
        { "{{ ('a' ~ v).partition('<')|join('|') }}{{ v.partition('v')[1] }}", "a|«<»|«v>v»" },
        { "{{ ('a\n' ~ v).splitlines()|join('/') }}", "a/«<v>»" },
        { "{{ ('a\n' ~ v)|indent(2) }}", "a«\n  <v>»" },
        { "{{ ('a\n' ~ v)|indent('--') }}", "a«\n»--«<v>»" },
        { "{{ 'ab%sc' % v }}{{ '%s' % 'a' }}{{ '%5s' % 'a' }}{{ '%d%%' % n }}{{ v % () }}", "ab«<v>»ca«    a7»%«<v>»" },
        { "{{ '%(k)s!' % map }}{{ '%s-%s'|format(v, 'b') }}", "«<v>»!«<v>»-b" },
        { "{{ 'a{}b{x}'.format(v, x='c') }}{{ '{{}}'.format() }}", "a«<v>»bc{}" },
        { "{{ 'a' * 3 }}{{ v * 2 }}{{ ('a' ~ v) * 2 }}", "aaa«<v><v>a<v>a<v>»" },
        { "{{ 'ab'.center(4) }}{{ 'ab'.ljust(3, 'x') }}", "« »ab« »ab«x»" },
        { "{{ v|truncate(2, true, '~', 0) }}{{ 'abcdef'|truncate(4, true, v, 0) }}", "«<»~a«<v>»" },
        { "{{ v|e }}{{ 'a<'|e }}", "«&lt;v&gt;»a&lt;" },
        { "{{ v|safe }}{{ 'a'|safe }}{{ 'a'|safe ~ v }}{{ 'a'|safe + v }}", "«<v>»aa«<v>»a«&lt;v&gt;»" },
        { "{{ ('a'|safe).replace('a', v) }}{{ ('<'|safe ~ v).upper() }}", "«&lt;v&gt;»<«<V>»" },
        { "{{ v|tojson }}{{ 'a'|tojson }}{{ json|tojson }}{{ json.a }}{{ json }}", "«\"<v>\"\"a\"{\"a\": \"<v>\", \"b\": [1, \"w\"]}<v>{'a': '<v>', 'b': [1, 'w']}»" },
        { "{{ ['a', 'b'] }}{{ {'a': 'b'} }}{{ 1 }}{{ true }}{{ none }}", "«['a', 'b']{'a': 'b'}1TrueNone»" },
        { "{% set x %}a{{ v }}b{% endset %}{{ x }}{{ x|trim }}", "a«<v>»ba«<v>»b" },
        { "{% set x | upper %}a{{ v }}{% endset %}{{ x }}", "A«<V>»" },
        { "{% filter upper %}a{{ v }}{% endfilter %}", "A«<V>»" },
        { "{% macro m(x) %}[{{ x }}]{% endmacro %}{{ m(v) }}{{ m('a') }}", "[«<v>»][a]" },
        { "{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}{{ v }}{% endcall %}", "[«<v>»]" },
        { "{% for x in [v, 'a'] recursive %}{{ x }}{% if x == 'a' %}{{ loop([v]) }}{% endif %}{% endfor %}", "«<v>»a«<v>»" },
        { "{% set ns = namespace(x='') %}{% for i in range(2) %}{% set ns.x = ns.x ~ 'a' ~ v %}{% endfor %}{{ ns.x }}", "a«<v>»a«<v>»" },
        { "{% for k, x in {'a': v}|items %}{{ k }}={{ x }}{% endfor %}{% for k in map %}{{ k }}{% endfor %}", "a=«<v>k»" },
        { "{% set d = {'<v>': 1} %}{% for k in d %}{{ k }}{% endfor %}{{ d[v] }}{{ {v: 'a'}['<v>'] }}", "<v>«1»a" },
        { "{{ {'a': '<x>'}[v] or v }}{{ map.get('z', '<x>') }}{{ missing|default('<x>') }}", "«<v>»<x><x>" },
        { "{{ ['<x>', v]|first }}{{ ['<x>', v]|last }}{{ ['<x>', v]|map('upper')|list|first }}", "<x>«<v>»<X>" },
        { "{{ ['b', v, 'a']|sort|join }}{{ [v, 'a']|max }}", "«<v>»aba" },
        { "{{ joiner('-')() }}{% set j = joiner('-') %}{{ j() }}{{ j() }}{{ cycler('a', v).next() }}", "-a" },
        { "{{ strftime_now('%Y') }}{{ v|length }}{{ 'a'|list|join }}", "«20253»a" },
        { "{{ v if v == '<v>' else 'no' }}{{ 'yes' if '<v>' == v }}{{ v in '<v>' }}", "«<v>»yes«True»" },
        { "{{ 'a'.zfill(3) }}{{ 'a\tb'.expandtabs(2) }}{{ 'a b'|urlencode }}", "«00aa ba%20b»" },
        { "{{ 'Hello'.removeprefix('He') }}{{ v.removesuffix('>') }}{{ ('a' ~ v)|string }}", "llo«<v»a«<v>»" },
        { "", "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryOperationKeepsTrackOrForgets(string source, string expected)
    {
        ChatTemplate template = ChatTemplate.Parse(source);
        var now = new DateTimeOffset(2025, 7, 10, 12, 0, 0, TimeSpan.Zero);
        IReadOnlyList<TextSegment> segments = template.RenderSegments(_variables, now);
        Assert.Equal(expected, string.Concat(segments.Select(segment => segment.ParsesSpecial ? segment.Text : $"«{segment.Text}»")));
        Assert.Equal(template.Render(_variables, now), string.Concat(segments.Select(segment => segment.Text)));
        // Cut as rarely as can be, and no empty parts.
        for (int i = 0; i < segments.Count; i++)
            Assert.True(segments[i].Text.Length > 0 && (i == 0 || segments[i].ParsesSpecial != segments[i - 1].ParsesSpecial));
    }

    [Fact]
    public void PartsOfATextKnowTheirPartOfItsOrigin()
    {
        var random = new Random(5);
        for (int round = 0; round < 2000; round++)
        {
            var builder = new TextBuilder();
            for (int i = random.Next(6); i > 0; i--)
            {
                string part = new(random.Next(2) == 0 ? 'o' : 'v', random.Next(4));
                builder.Append(part.StartsWith('o') ? TemplateText.Own(part) : part);
            }
            object text = builder.Build();
            string plain = TemplateText.Characters(text);
            int start = random.Next(plain.Length + 1);
            int end = random.Next(start, plain.Length + 1);
            object slice = TemplateText.Slice(text, start, end);
            Assert.Equal(plain[start..end], TemplateText.Characters(slice));
            string told = string.Concat(new TextBuilder().Append(slice).ToSegments().Select(segment => new string(segment.ParsesSpecial ? 'o' : 'v', segment.Text.Length)));
            Assert.Equal(plain[start..end], told);
            Assert.Equal(told, string.Concat(new TextBuilder().Append(text, start, end).ToSegments().Select(segment => new string(segment.ParsesSpecial ? 'o' : 'v', segment.Text.Length))));
        }
    }
}
