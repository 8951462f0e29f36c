using System.Net;
using Inference.Hub;

namespace Inference.Tests.Hub;

public class AccessTests
{
    private const string Gguf = "model.gguf";
    private const string Token = "hf_secret";

    [Theory]
    [InlineData(401, "GatedRepo", typeof(HubAccessException))]
    [InlineData(403, "GatedRepo", typeof(HubAccessException))]
    [InlineData(401, "RepoNotFound", typeof(HubNotFoundException))]
    [InlineData(401, null, typeof(HubAccessException))]
    [InlineData(403, null, typeof(HubAccessException))]
    [InlineData(404, "RevisionNotFound", typeof(HubNotFoundException))]
    [InlineData(404, null, typeof(HubNotFoundException))]
    [InlineData(400, null, typeof(HubResponseException))]
    public async Task A_refusal_names_repository_and_status(int status, string? code, Type kind)
    {
        await using HubCase test = Case();
        test.Hub.Next(_ => true, (_, _) => code is null ? new FakeResponse(status, []) : new FakeResponse(status, []).With("X-Error-Code", code).With("X-Error-Message", "because"));
        HubException error = (HubException)await Assert.ThrowsAsync(kind, () => test.DownloadAsync(change: options => options with { Token = Token }));
        Assert.Equal(("owner/model", (HttpStatusCode)status), (error.Repository, error.Status));
        Assert.Contains($"{status}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(test.Clock.Waits);
    }

    [Fact]
    public async Task A_file_that_is_refused_is_named()
    {
        await using HubCase test = Case();
        Func<FakeRequest, FakeResponse> honest = test.Hub.Server.Answer;
        test.Hub.Server.Answer = request => request.IsFor(Gguf) ? new FakeResponse(403, []).With("X-Error-Code", "GatedRepo") : honest(request);
        HubAccessException error = await test.FailsAsync<HubAccessException>();
        Assert.Equal(Gguf, error.File);
        Assert.Contains("gated", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_alone()
    {
        await using HubCase test = Case();
        test.Hub.Files["config.json"] = "{}"u8.ToArray();
        await test.DownloadAsync(change: options => options with { Token = Token });
        Assert.All(test.Hub.Server.Requests, request => Assert.Equal($"Bearer {Token}", request.Header("Authorization")));
        Assert.Single(test.Hub.Storage.Requests);
        Assert.All(test.Hub.Storage.Requests, request => Assert.Null(request.Header("Authorization")));
        Assert.All([.. test.Hub.Server.Requests, .. test.Hub.Storage.Requests], request => Assert.Equal("identity", request.Header("Accept-Encoding")));
    }

    [Fact]
    public async Task A_next_page_elsewhere_does_not_get_the_token()
    {
        await using HubCase test = Case();
        await using FakeServer elsewhere = new(_ => new FakeResponse(200, "[]"u8.ToArray()));
        test.Hub.Next(request => request.IsFor(test.Hub.Commit), (_, response) => response.With("Link", $"<{elsewhere.Address}next>; rel=\"next\""));
        await test.DownloadAsync(change: options => options with { Token = Token });
        Assert.Null(Assert.Single(elsewhere.Requests).Header("Authorization"));
    }

    [Fact]
    public async Task A_renamed_repository_is_followed()
    {
        await using HubCase test = Case();
        Func<FakeRequest, FakeResponse> honest = test.Hub.Server.Answer;
        test.Hub.Server.Answer = request => request.Path.Contains("old/name", StringComparison.Ordinal)
            ? new FakeResponse(307, []).With("Location", request.Path.Replace("old/name", "owner/model", StringComparison.Ordinal))
            : honest(request);
        HubModel model = await ModelHub.DownloadAsync("old/name", test.Options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(test.Hub.Files[Gguf], File.ReadAllBytes(model.Path));
        Assert.Contains("models--old--name", model.Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://host/file")]
    [InlineData("file:///etc/passwd")]
    [InlineData(null)]
    public async Task A_redirect_off_the_web_is_refused(string? location)
    {
        await using HubCase test = Case();
        test.Hub.Server.Answer = _ => location is null ? new FakeResponse(302, []) : new FakeResponse(302, []).With("Location", location);
        await test.FailsAsync<HubResponseException>();
    }

    [Fact]
    public async Task A_circle_of_redirects_ends()
    {
        await using HubCase test = Case();
        test.Hub.Server.Answer = request => new FakeResponse(302, []).With("Location", request.Path);
        await test.FailsAsync<HubResponseException>();
        Assert.Equal(11, test.Hub.Server.Requests.Count);
    }

    [Fact]
    public async Task The_environment_says_what_options_leave_open()
    {
        await using HubCase test = Case();
        string home = Path.Combine(test.Cache, "..", "home");
        Directory.CreateDirectory(home);
        await File.WriteAllTextAsync(Path.Combine(home, "token"), "hf_file\n");
        test.Environment["HF_ENDPOINT"] = test.Hub.Server.Address.AbsoluteUri;
        test.Environment["HF_HOME"] = home;
        ModelHubOptions open = test.Options with { Endpoint = null, CacheFolder = null };

        HubModel model = await ModelHub.DownloadAsync("owner/model", open, cancellationToken: TestContext.Current.CancellationToken);
        Assert.StartsWith(Path.GetFullPath(Path.Combine(home, "hub")), model.Path, StringComparison.Ordinal);
        Assert.Equal("Bearer hf_file", test.Hub.Server.Requests[^1].Header("Authorization"));

        test.Environment["HF_TOKEN"] = "hf_variable";
        await ModelHub.DownloadAsync("owner/model", open, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("Bearer hf_variable", test.Hub.Server.Requests[^1].Header("Authorization"));

        await ModelHub.DownloadAsync("owner/model", open with { Token = "" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Null(test.Hub.Server.Requests[^1].Header("Authorization"));

        test.Environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1";
        await ModelHub.DownloadAsync("owner/model", open, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Null(test.Hub.Server.Requests[^1].Header("Authorization"));

        test.Environment["HF_HUB_CACHE"] = Path.Combine(home, "elsewhere");
        Assert.StartsWith(Path.GetFullPath(Path.Combine(home, "elsewhere")), (await ModelHub.DownloadAsync("owner/model", open, cancellationToken: TestContext.Current.CancellationToken)).Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b/c")]
    [InlineData("../x")]
    [InlineData("owner/..")]
    [InlineData("owner/model:")]
    [InlineData("owner/model:../x")]
    [InlineData("owner/model:a/")]
    [InlineData("owner//model")]
    [InlineData("/model")]
    [InlineData("owner/mo del")]
    [InlineData("owner/mo--del")]
    [InlineData("owner/model?x=1")]
    [InlineData("owner/m\u00e4dchen")]
    public void What_names_no_repository_is_refused(string model) =>
        Assert.ThrowsAny<ArgumentException>(() => { _ = ModelHub.DownloadAsync(model); });

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../../main")]
    [InlineData("a\nb")]
    public void What_names_no_revision_is_refused(string revision) =>
        Assert.ThrowsAny<ArgumentException>(() => { _ = ModelHub.DownloadAsync("owner/model", new ModelHubOptions { Revision = revision }); });

    [Fact]
    public void A_token_with_a_line_break_is_refused_and_not_repeated()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => { _ = ModelHub.DownloadAsync("owner/model", new ModelHubOptions { Token = "secret\r\nX: y" }); });
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://hub")]
    [InlineData("hub")]
    [InlineData("http://hub/?x=1")]
    public void An_endpoint_that_is_no_address_is_refused(string endpoint) =>
        Assert.Throws<ArgumentException>(() => { _ = ModelHub.DownloadAsync("owner/model", new ModelHubOptions { Environment = name => name == "HF_ENDPOINT" ? endpoint : null }); });

    private static HubCase Case()
    {
        HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(1000);
        return test;
    }
}
