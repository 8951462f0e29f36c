using System.Text;
using Inference.Hub;

namespace Inference.Tests.Hub;

public class DishonestHubTests
{
    private const string Gguf = "model.gguf";

    [Fact]
    public async Task Other_content_of_the_same_size_is_refused_and_not_kept()
    {
        await using HubCase test = Case();
        test.Hub.NextBytesOf(Gguf, _ => new FakeResponse(200, FakeHub.Bytes(1000, 9)));
        HubIntegrityException error = await test.FailsAsync<HubIntegrityException>();
        Assert.Equal((Gguf, "owner/model"), (error.File, error.Repository));
        Assert.Contains("checksum", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(test.BlobOf(Gguf) + ".incomplete"));
        test.AssertWhole(await test.DownloadAsync());
    }

    [Fact]
    public async Task A_small_file_is_checked_by_gits_checksum()
    {
        await using HubCase test = Case();
        test.Hub.Files["model.safetensors"] = FakeHub.Bytes(50);
        test.Hub.Files["config.json"] = "{}"u8.ToArray();
        test.Hub.Files.Remove(Gguf);
        test.Hub.NextBytesOf("config.json", response => response with { Body = "[]"u8.ToArray() });
        Assert.Equal("config.json", (await test.FailsAsync<HubIntegrityException>()).File);
    }

    [Theory]
    [InlineData(999)]
    [InlineData(1001)]
    [InlineData(long.MaxValue)]
    public async Task A_size_that_is_not_the_listed_one_is_refused(long length)
    {
        await using HubCase test = Case();
        test.Hub.NextBytesOf(Gguf, response => response with { ClaimedLength = length });
        await test.FailsAsync<HubIntegrityException>();
    }

    [Fact]
    public async Task More_bytes_than_listed_are_not_written()
    {
        await using HubCase test = Case();
        test.Hub.NextBytesOf(Gguf, _ => new FakeResponse(200, FakeHub.Bytes(5_000_000)) { WithoutLength = true });
        Assert.Contains("more than", (await test.FailsAsync<HubIntegrityException>()).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(test.BlobOf(Gguf))!));
    }

    [Theory]
    [InlineData("X-Linked-Size", "999")]
    [InlineData("X-Linked-Etag", "\"0000000000000000000000000000000000000000000000000000000000000000\"")]
    [InlineData("X-Repo-Commit", "cccccccccccccccccccccccccccccccccccccccc")]
    public async Task A_hub_that_announces_another_file_is_refused(string header, string value)
    {
        await using HubCase test = Case();
        Func<FakeRequest, FakeResponse> honest = test.Hub.Server.Answer;
        test.Hub.Server.Answer = request => request.IsFor(Gguf) ? honest(request).With(header, value) : honest(request);
        await test.FailsAsync<HubIntegrityException>();
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(test.BlobOf(Gguf))!));
    }

    [Theory]
    [InlineData("../evil.gguf")]
    [InlineData("a/../../evil.gguf")]
    [InlineData("/etc/evil.gguf")]
    [InlineData("a//evil.gguf")]
    [InlineData("./evil.gguf")]
    [InlineData("a\\..\\evil.gguf")]
    [InlineData("evil\u001b[2J.gguf")]
    [InlineData("")]
    public async Task A_name_that_leads_elsewhere_is_refused(string name)
    {
        await using HubCase test = Case();
        test.Hub.Next(request => request.Path.Contains("/tree/", StringComparison.Ordinal), (_, _) => Listing(name, new string('1', 64), "10"));
        HubResponseException error = await test.FailsAsync<HubResponseException>();
        Assert.DoesNotContain('\u001b', error.Message);
        Assert.Equal(0, test.Hub.Downloads);
    }

    [Theory]
    [InlineData("../../../evil", "10")]
    [InlineData("", "10")]
    [InlineData("11111111111111111111111111111111111111111111111111111111111111GG", "10")]
    [InlineData("1111111111111111111111111111111111111111", "-1")]
    [InlineData("1111111111111111111111111111111111111111", "1e99")]
    [InlineData("1111111111111111111111111111111111111111", "\"10\"")]
    public async Task A_checksum_or_size_that_is_none_is_refused(string hash, string size)
    {
        await using HubCase test = Case();
        test.Hub.Next(request => request.Path.Contains("/tree/", StringComparison.Ordinal), (_, _) => Listing("a.gguf", hash, size));
        await test.FailsAsync<HubResponseException>();
    }

    [Theory]
    [InlineData("/revision/main", "{}")]
    [InlineData("/revision/main", "{\"sha\":\"../../../../etc\"}")]
    [InlineData("/revision/main", "[1")]
    [InlineData("/revision/main", "{\"sha\":\"\\ud800\"}")]
    [InlineData("/revision/main", "")]
    [InlineData("/tree/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "{}")]
    [InlineData("/tree/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "[{\"type\":\"file\"}]")]
    [InlineData("/tree/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "<html>")]
    public async Task An_answer_that_is_malformed_is_an_error(string path, string answer)
    {
        await using HubCase test = Case();
        test.Hub.Next(request => request.IsFor(path), (_, _) => new FakeResponse(200, Encoding.UTF8.GetBytes(answer)));
        await test.FailsAsync<HubResponseException>();
    }

    [Fact]
    public async Task A_listing_nested_without_end_is_an_error()
    {
        await using HubCase test = Case();
        test.Hub.Next(request => request.IsFor(test.Hub.Commit), (_, _) => new FakeResponse(200, Encoding.UTF8.GetBytes(new string('[', 1 << 20))));
        await test.FailsAsync<HubResponseException>();
    }

    [Fact]
    public async Task A_listing_without_a_last_page_is_an_error()
    {
        await using HubCase test = Case();
        Func<FakeRequest, FakeResponse> honest = test.Hub.Server.Answer;
        int pages = 0;
        test.Hub.Server.Answer = request => request.Path.Contains("/tree/", StringComparison.Ordinal)
            ? new FakeResponse(200, "[]"u8.ToArray()).With("Link", $"<{test.Hub.Server.Address}{request.Path[1..]}?cursor={++pages}>; rel=\"next\"")
            : honest(request);
        await test.FailsAsync<HubResponseException>();
        Assert.Equal(1000, pages);
    }

    [Fact]
    public async Task A_commit_that_is_asked_for_by_name_must_be_the_one()
    {
        await using HubCase test = Case();
        string asked = new('b', 40);
        Func<FakeRequest, FakeResponse> honest = test.Hub.Server.Answer;
        test.Hub.Server.Answer = request => request.IsFor("/revision/" + asked) ? new FakeResponse(200, Encoding.UTF8.GetBytes($"{{\"sha\":\"{test.Hub.Commit}\"}}")) : honest(request);
        await test.FailsAsync<HubIntegrityException>(change: options => options with { Revision = asked });
    }

    [Fact]
    public async Task A_blob_of_another_size_is_not_taken_for_the_file()
    {
        await using HubCase test = Case();
        Directory.CreateDirectory(Path.GetDirectoryName(test.BlobOf(Gguf))!);
        File.WriteAllBytes(test.BlobOf(Gguf), test.Hub.Files[Gguf][..400]);
        test.AssertWhole(await test.DownloadAsync());
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(1000, false)]
    [InlineData(1500, false)]
    [InlineData(400, true)]
    [InlineData(1000, true)]
    public async Task What_an_earlier_program_left_is_gone_on_from_or_replaced(int length, bool isOther)
    {
        await using HubCase test = Case();
        Directory.CreateDirectory(Path.GetDirectoryName(test.BlobOf(Gguf))!);
        byte[] left = [.. isOther ? FakeHub.Bytes(1000, 8) : test.Hub.Files[Gguf], .. FakeHub.Bytes(1000)];
        File.WriteAllBytes(test.BlobOf(Gguf) + ".incomplete", left[..length]);
        test.AssertWhole(await test.DownloadAsync());
        Assert.Equal(!isOther && length == 1000 ? 0 : isOther && length < 1000 ? 2 : 1, test.Hub.Downloads);
    }

    private static HubCase Case()
    {
        HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(1000);
        return test;
    }

    private static FakeResponse Listing(string name, string hash, string size) => new(200, Encoding.UTF8.GetBytes(
        $$"""[{"type":"file","path":{{System.Text.Json.JsonSerializer.Serialize(name)}},"oid":"{{hash}}","size":{{size}}}]"""));
}
