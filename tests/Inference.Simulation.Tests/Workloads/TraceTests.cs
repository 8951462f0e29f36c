using Inference.Simulation.Workloads;

namespace Inference.Simulation.Tests.Workloads;

public class TraceTests
{
    private const string Header = "TIMESTAMP,ContextTokens,GeneratedTokens\n";

    private static TraceRequest[] Azure(string lines) => Trace.ReadAzure("a.csv", new StringReader(Header + lines));

    private static TraceRequest[] Mooncake(string lines) => Trace.ReadMooncake("m.jsonl", new StringReader(lines));

    [Fact]
    public void Reads_Azure_lines_relative_to_the_first()
    {
        TraceRequest[] requests = Azure("2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:16:00.6805901,396,109\n");
        Assert.Equal([new TraceRequest(0, 374, 44), new TraceRequest(14_000_000_100, 396, 109)], requests);
    }

    [Fact]
    public void Reads_Mooncake_lines()
    {
        TraceRequest[] requests = Mooncake("""{"timestamp": 27482, "input_length": 1030, "output_length": 52, "hash_ids": [46, 47, 2353]}""");
        Assert.Equal((27_482_000_000, 1030, 52), (requests[0].Arrival, requests[0].PromptTokens, requests[0].OutputTokens));
        Assert.Equal([46, 47, 2353], requests[0].PrefixIds);
    }

    [Theory]
    [InlineData("2023-11-16 18:15:46,374")]
    [InlineData("2023-11-16 18:15:46,374,44,1")]
    [InlineData("yesterday,374,44")]
    [InlineData("2023-11-16 18:15:46,0,44")]
    [InlineData("2023-11-16 18:15:46,374,-1")]
    [InlineData("2023-11-16 18:15:46,99999999999,44")]
    public void Malformed_Azure_lines_are_named(string line)
    {
        string message = Assert.Throws<TraceFormatException>(() => Azure("2023-11-16 18:15:46,1,1\n" + line)).Message;
        Assert.StartsWith("a.csv, line 3:", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"timestamp": 1, "input_length": 10, "output_length": 1}""")]
    [InlineData("""{"timestamp": 1, "input_length": 513, "output_length": 1, "hash_ids": [1]}""")]
    [InlineData("""{"timestamp": 1, "input_length": 10, "output_length": 1, "hash_ids": [-1]}""")]
    [InlineData("""{"timestamp": -1, "input_length": 10, "output_length": 1, "hash_ids": [1]}""")]
    [InlineData("""{"timestamp": 1, "input_length": 0, "output_length": 1, "hash_ids": []}""")]
    [InlineData("""{"timestamp": 1, "input_length": 10, "output_length": 1e9, "hash_ids": [1]}""")]
    public void Malformed_Mooncake_lines_are_named(string line) =>
        Assert.StartsWith("m.jsonl, line 1:", Assert.Throws<TraceFormatException>(() => Mooncake(line)).Message, StringComparison.Ordinal);

    [Fact]
    public void Prompts_agree_as_far_as_their_prefix_ids_do()
    {
        int[] a = Prompt([5, 6, 7], 1300, serial: 1), b = Prompt([5, 6, 8], 1400, serial: 2), c = Prompt([], 100, serial: 3), d = Prompt([], 100, serial: 4);
        Assert.Equal(1024, a.AsSpan().CommonPrefixLength(b));
        Assert.Equal(a, Prompt([5, 6, 7], 1300, serial: 9));
        Assert.Equal(0, c.AsSpan().CommonPrefixLength(d));
        Assert.DoesNotContain(TraceRequest.OutputToken(1), a);
    }

    [Fact]
    public void A_multiplied_trace_is_a_stretch_of_the_circle_for_each_copy()
    {
        TraceRequest[] trace = [.. Enumerable.Range(0, 10).Select(i => new TraceRequest(i * 1_000_000_000L, 10 + i, 1) { PrefixIds = [i] })];
        Assert.Equal(trace.Select(Key), trace.Multiply(1, 100).Select(Key));
        TraceRequest[] three = trace.Multiply(3, 4);
        Assert.Equal(three.OrderBy(request => request.Arrival).Select(Key), three.Select(Key));
        Assert.All(three, request => Assert.InRange(request.Arrival, 0, 3_999_999_999));
        // Copies begin at 0, 0.618 and 0.236 of the circle.
        Assert.Equal([[10, 11, 12, 13], [17, 18, 19, 10], [13, 14, 15, 16]], Enumerable.Range(0, 3).Select(copy => three.Where(request => request.PrefixIds[0] / 10 == copy).Select(request => request.PromptTokens)));
        Assert.Equal(three.Length, three.Select(request => request.PrefixIds[0]).Distinct().Count());
    }

    [Fact]
    public void A_hastened_trace_has_the_same_requests_sooner() =>
        Assert.Equal([new TraceRequest(0, 1, 2), new TraceRequest(50, 3, 4)], new TraceRequest[] { new(0, 1, 2), new(200, 3, 4) }.Hasten(4));

    [Fact]
    public void Bimodal_outputs_have_their_shares_and_rates_are_kept()
    {
        TraceRequest[] requests = [.. new BimodalWorkload(0.1).Requests(1, 50).Take(10_000)];
        Assert.All(requests, request => Assert.True(request.OutputTokens is 15 or 800));
        Assert.InRange(requests.Count(request => request.OutputTokens == 800), 900, 1100);
        Assert.InRange(requests[^1].Arrival, 190e9, 210e9);
        Assert.Equal(requests, new BimodalWorkload(0.1).Requests(1, 50).Take(10_000));
        Assert.All(new BimodalWorkload(0.5).Requests(1).Take(10), request => Assert.Equal(0, request.Arrival));
    }

    private static int[] Prompt(int[] ids, int length, int serial)
    {
        int[] tokens = new int[length];
        new TraceRequest(0, length, 1) { PrefixIds = ids }.WritePrompt(tokens, serial);
        return tokens;
    }

    private static (long, int, int) Key(TraceRequest request) => (request.Arrival, request.PromptTokens, request.PrefixIds[0]);
}
