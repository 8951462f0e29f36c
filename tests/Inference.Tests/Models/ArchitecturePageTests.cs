using System.Text.RegularExpressions;
using Inference.Models;

namespace Inference.Tests.Models;

/// <summary>docs/adding-an-architecture.md is true: what it quotes is there, and a family is as short as it says.</summary>
public sealed partial class ArchitecturePageTests
{
    private static readonly string _page = File.ReadAllText(Path.Combine(TestData.Root, "docs", "adding-an-architecture.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Its_code_is_quoted()
    {
        MatchCollection quotes = Quote().Matches(_page);
        Assert.Equal(3, quotes.Count);
        Assert.All(quotes, quote => Assert.Contains(quote.Groups[2].Value, Read(quote.Groups[1].Value), StringComparison.Ordinal));
        Assert.Equal(quotes[0].Groups[2].Value, Read(quotes[0].Groups[1].Value));
    }

    [Fact]
    public void The_members_it_names_exist()
    {
        string[] names = [.. typeof(DecoderArchitecture).GetProperties().Concat(typeof(HuggingFaceFamily).GetProperties()).Select(property => property.Name)];
        IEnumerable<string> rows = _page.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1);
        string[] named = [.. rows.SelectMany(row => Code().Matches(row.Split('|')[2]).Select(match => match.Groups[1].Value))];
        Assert.InRange(named.Length, 20, 40);
        Assert.All(named, name => Assert.Contains(name, names));
        Assert.Contains(Inference.Models.Olmo2Architecture.Value, DecoderArchitecture.All);
    }

    [Fact]
    public void A_family_takes_a_file_of_under_80_lines()
    {
        string[] files = Directory.GetFiles(Path.Combine(TestData.Root, "src", "Inference", "Models"), "*Architecture.cs");
        Assert.Equal(DecoderArchitecture.All.Count, files.Count(file => Path.GetFileName(file) != "DecoderArchitecture.cs"));
        Assert.All(files.Where(file => Path.GetFileName(file) != "DecoderArchitecture.cs"), file => Assert.InRange(File.ReadAllLines(file).Length, 5, 79));
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(TestData.Root, path)).ReplaceLineEndings("\n").TrimStart('\uFEFF');

    [GeneratedRegex(@"`((?:src|tests)/[^`]+\.cs)`[^`]*```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Quote();

    [GeneratedRegex(@"`([A-Za-z]+)`")]
    private static partial Regex Code();
}
