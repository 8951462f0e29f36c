using Inference.Hub;

namespace Inference.Tests.Hub;

public class BrokenConnectionTests
{
    private const string Gguf = "model.gguf";
    private const int Length = 600_000;

    [Theory]
    [InlineData("/revision/main")]
    [InlineData("/tree/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData(Gguf)]
    public async Task A_connection_may_drop_at_every_stage(string stage)
    {
        await using HubCase test = Case();
        foreach (int at in new[] { -1, 0, 7 })
            test.Hub.Next(request => request.IsFor(stage), (_, response) => response with { CutAfter = at });
        List<HubRetryNotice> notices = [];
        test.AssertWhole(await test.DownloadAsync(change: options => options with { Retrying = notices.Add }));
        Assert.Equal([1, 2, 4], test.Clock.Waits.Select(wait => wait.TotalSeconds));
        Assert.Equal([(1, 4, 1), (2, 4, 2), (3, 4, 4)], notices.Select(notice => (notice.Attempt, notice.MaxAttempts, notice.Wait.TotalSeconds)));
        Assert.All(notices, notice => Assert.Equal(("owner/model", stage == Gguf ? Gguf : null), (notice.Repository, notice.File)));
        Assert.All(notices, notice => Assert.NotEmpty(notice.Reason));
    }

    [Theory]
    [InlineData("/revision/main")]
    [InlineData("/tree/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData(Gguf)]
    public async Task A_connection_that_always_drops_is_an_error_in_the_end(string stage)
    {
        await using HubCase test = Case();
        for (int i = 0; i < 4; i++)
            test.Hub.Next(request => request.IsFor(stage), (_, response) => response with { CutAfter = 3 });
        HubConnectionException error = await test.FailsAsync<HubConnectionException>();
        Assert.Contains("owner/model", error.Message, StringComparison.Ordinal);
        Assert.Contains("4 attempts", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_arrived_is_kept_and_the_rest_asked_for()
    {
        await using HubCase test = Case();
        test.Hub.NextBytesOf(Gguf, response => response with { CutAfter = 250_000 });
        test.Hub.NextBytesOf(Gguf, response => response with { CutAfter = 100_000 });
        test.AssertWhole(await test.DownloadAsync());
        FakeRequest[] requests = [.. test.Hub.Storage.Requests];
        Assert.Equal([0, 250_000, 350_000], requests.Select(request => request.RangeStart));
        Assert.Null(requests[0].Header("If-Range"));
        Assert.Equal($"\"{Path.GetFileName(test.BlobOf(Gguf))}\"", requests[1].Header("If-Range"));
    }

    [Fact]
    public async Task Getting_on_starts_the_count_of_attempts_again()
    {
        await using HubCase test = Case();
        for (int i = 0; i < 7; i++)
            test.Hub.NextBytesOf(Gguf, response => response with { CutAfter = 70_000 });
        test.AssertWhole(await test.DownloadAsync());
        Assert.All(test.Clock.Waits, wait => Assert.Equal(1, wait.TotalSeconds));
    }

    [Fact]
    public async Task A_server_that_gives_a_byte_at_a_time_does_not_keep_us()
    {
        await using HubCase test = Case();
        for (int i = 0; i < 10; i++)
            test.Hub.NextBytesOf(Gguf, response => response with { CutAfter = 1 });
        await test.FailsAsync<HubConnectionException>();
        Assert.Equal(4, test.Hub.Storage.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_sends_it_all_again()
    {
        await using HubCase test = Case();
        test.Hub.NextBytesOf(Gguf, response => response with { CutAfter = 250_000 });
        test.Hub.NextBytesOf(Gguf, _ => new FakeResponse(200, test.Hub.Files[Gguf]));
        test.AssertWhole(await test.DownloadAsync());
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_and_always_drops_does_not_keep_us()
    {
        await using HubCase test = Case();
        for (int i = 0; i < 20; i++)
            test.Hub.NextBytesOf(Gguf, _ => new FakeResponse(200, test.Hub.Files[Gguf]) { CutAfter = 250_000 });
        await test.FailsAsync<HubConnectionException>();
        Assert.InRange(test.Hub.Storage.Requests.Count, 4, 5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_changes_on_the_way_is_fetched_from_its_start(bool honoursIfRange)
    {
        await using HubCase test = Case();
        byte[] other = FakeHub.Bytes(Length, 99);
        test.Hub.NextBytesOf(Gguf, _ => new FakeResponse(200, other) { CutAfter = 250_000 }.With("ETag", "\"old\""));
        if (honoursIfRange)
            test.Hub.NextBytesOf(Gguf, response => response.Status == 200 ? response : throw new InvalidOperationException("If-Range was not asked for"));
        else
            test.Hub.NextBytesOf(Gguf, _ => Part(test, 250_000).With("ETag", "\"new\""));
        test.AssertWhole(await test.DownloadAsync());
        Assert.Equal(honoursIfRange ? 2 : 3, test.Hub.Storage.Requests.Count);
    }

    [Fact]
    public async Task Bytes_of_two_contents_glued_together_are_noticed_and_fetched_again_once()
    {
        await using HubCase test = Case();
        byte[] other = FakeHub.Bytes(Length, 99);
        test.Hub.NextBytesOf(Gguf, _ => new FakeResponse(200, other) { CutAfter = 250_000 });
        test.Hub.NextBytesOf(Gguf, _ => Part(test, 250_000));
        test.AssertWhole(await test.DownloadAsync());
        Assert.Equal([0, 250_000, 0], test.Hub.Storage.Requests.Select(request => request.RangeStart));
    }

    [Fact]
    public async Task Wrong_bytes_again_and_again_are_an_error()
    {
        await using HubCase test = Case();
        byte[] other = FakeHub.Bytes(Length, 99);
        for (int i = 0; i < 10; i++)
        {
            test.Hub.NextBytesOf(Gguf, _ => new FakeResponse(200, other) { CutAfter = 250_000 });
            test.Hub.NextBytesOf(Gguf, _ => Part(test, 250_000));
        }

        await test.FailsAsync<HubIntegrityException>();
        Assert.Equal(4, test.Hub.Storage.Requests.Count);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(test.BlobOf(Gguf))!));
    }

    [Theory]
    [InlineData("bytes 0-349999/600000")]
    [InlineData("bytes 250001-599999/600000")]
    [InlineData("bytes 250000-599998/600000")]
    [InlineData("bytes 250000-599999/600001")]
    [InlineData("bytes */600000")]
    [InlineData("nonsense")]
    public async Task Another_range_than_asked_for_is_not_taken(string range)
    {
        await using HubCase test = Case();
        test.Hub.NextBytesOf(Gguf, response => response with { CutAfter = 250_000 });
        test.Hub.NextBytesOf(Gguf, response => response.With("Content-Range", range));
        test.AssertWhole(await test.DownloadAsync());
        Assert.Equal(3, test.Hub.Storage.Requests.Count);
    }

    [Fact]
    public async Task A_server_without_the_rest_is_asked_for_all()
    {
        await using HubCase test = Case();
        test.Hub.NextBytesOf(Gguf, response => response with { CutAfter = 250_000 });
        test.Hub.NextBytesOf(Gguf, _ => new FakeResponse(416, []));
        test.AssertWhole(await test.DownloadAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300_000)]
    public async Task A_server_that_falls_silent_counts_as_broken(int after)
    {
        await using HubCase test = Case();
        test.Hub.NextBytesOf(Gguf, response => response with { HangAfter = after });
        Task<HubModel> download = test.DownloadAsync();
        await test.Hub.Storage.Hanging.Task;
        test.Clock.FallSilent();
        test.AssertWhole(await download);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_busy_server_is_asked_again(int status)
    {
        await using HubCase test = Case();
        test.Hub.Next(request => request.IsFor("/revision/main"), (_, _) => new FakeResponse(status, []).With("Retry-After", "17"));
        test.Hub.NextBytesOf(Gguf, _ => new FakeResponse(status, []));
        test.AssertWhole(await test.DownloadAsync());
        Assert.Equal([17, 1], test.Clock.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task A_server_that_asks_for_an_hour_is_not_waited_for()
    {
        await using HubCase test = Case();
        test.Hub.Next(_ => true, (_, _) => new FakeResponse(429, []).With("Retry-After", "3600"));
        HubConnectionException error = await test.FailsAsync<HubConnectionException>();
        Assert.Equal(429, (int)error.Status!);
        Assert.Empty(test.Clock.Waits);
    }

    [Fact]
    public async Task An_address_that_has_expired_is_asked_for_anew()
    {
        await using HubCase test = Case();
        test.Hub.NextBytesOf(Gguf, _ => new FakeResponse(403, []));
        test.AssertWhole(await test.DownloadAsync());
        Assert.Equal(2, test.Hub.Downloads);
    }

    [Fact]
    public async Task A_length_that_is_not_told_is_no_obstacle()
    {
        await using HubCase test = Case();
        test.Hub.NextBytesOf(Gguf, response => response with { WithoutLength = true, CutAfter = 99 });
        test.Hub.NextBytesOf(Gguf, response => response with { WithoutLength = true });
        test.AssertWhole(await test.DownloadAsync());
    }

    /// <summary>Any row of faults ends in the model or in an error, and a last call without faults always has the model.</summary>
    [Fact]
    public async Task Whatever_happens_no_final_name_is_partial()
    {
        Random random = new(5);
        for (int round = 0; round < 40; round++)
        {
            await using HubCase test = Case();
            int faults = random.Next(1, 9);
            for (int i = 0; i < faults; i++)
            {
                int cut = random.Next(-1, Length), kind = random.Next(7), start = random.Next(Length);
                test.Hub.Next(_ => true, (_, response) => kind switch
                {
                    0 => response with { CutAfter = cut },
                    1 => new FakeResponse(503, []),
                    2 => response with { ClaimedLength = cut + 1 },
                    3 => response with { Body = FakeHub.Bytes(response.Body.Length, 7) },
                    4 => new FakeResponse(200, test.Hub.Files[Gguf]) { CutAfter = cut },
                    5 => Part(test, start),
                    _ => response.With("ETag", $"\"{cut}\"") with { CutAfter = cut / 2 },
                });
            }

            for (int call = 0; ; call++)
            {
                try
                {
                    test.AssertWhole(await test.DownloadAsync());
                    break;
                }
                catch (HubException) when (call < faults)
                {
                    test.AssertNothingPartial();
                }
            }
        }
    }

    private static HubCase Case()
    {
        HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(Length);
        return test;
    }

    private static FakeResponse Part(HubCase test, int start) =>
        new FakeResponse(206, test.Hub.Files[Gguf][start..]).With("Content-Range", $"bytes {start}-{Length - 1}/{Length}");
}
