using Inference.Extensions.AI.Chat;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>Pieces and results as updates.</summary>
public sealed class UpdateWriterTests
{
    [Fact]
    public void Each_kind_of_piece_has_its_content()
    {
        var writer = new UpdateWriter("m", showsReasoning: true);
        ChatResponseUpdate[] updates =
        [
            writer.Write(new ChatPiece(ChatPieceKind.Reasoning, "hm"))!,
            writer.Write(new ChatPiece(ChatPieceKind.Answer, "so"))!,
            writer.Write(new ChatPiece(ChatPieceKind.ToolCall, "") { ToolCall = new ToolCall("7", "f", """{"a":[1,"x"]}""") })!,
            writer.WriteEnd(Result(FinishReason.Stop, reasoning: 2)),
        ];
        Assert.Equal("hm", Assert.IsType<TextReasoningContent>(Assert.Single(updates[0].Contents)).Text);
        Assert.Equal("so", Assert.IsType<TextContent>(Assert.Single(updates[1].Contents)).Text);
        var call = Assert.IsType<FunctionCallContent>(Assert.Single(updates[2].Contents));
        Assert.Equal(("7", "f"), (call.CallId, call.Name));
        Assert.Equal("""[1,"x"]""", call.Arguments!["a"]!.ToString());
        Assert.Null(call.Exception);
        UsageDetails usage = Assert.IsType<UsageContent>(Assert.Single(updates[3].Contents)).Details;
        Assert.Equal((10, 5, 15, 4, 2), (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount, usage.CachedInputTokenCount, usage.ReasoningTokenCount));
        Assert.Equal(ChatFinishReason.ToolCalls, updates[3].FinishReason);
        Assert.Equal([null, null, null], updates[..3].Select(update => update.FinishReason));
        Assert.Equal(9ul, updates[3].AdditionalProperties!["seed"]);
        Assert.IsType<ChatResult>(updates[3].RawRepresentation);
        Assert.All(updates[..3], update => Assert.IsType<ChatPiece>(update.RawRepresentation));

        Assert.Single(updates.Select(update => (update.ResponseId, update.MessageId, update.CreatedAt, update.ModelId, update.Role)).Distinct());
        Assert.NotEqual(updates[0].ResponseId, new UpdateWriter("m", true).WriteEnd(Result(FinishReason.Stop)).ResponseId);
    }

    [Fact]
    public void Reasoning_is_left_out_where_it_is_not_wanted_and_empty_pieces_tell_nothing()
    {
        var writer = new UpdateWriter("m", showsReasoning: false);
        Assert.Null(writer.Write(new ChatPiece(ChatPieceKind.Reasoning, "hm")));
        Assert.Null(writer.Write(new ChatPiece(ChatPieceKind.Answer, "") { FinishReason = FinishReason.Stop }));
        Assert.NotNull(writer.Write(new ChatPiece(ChatPieceKind.Answer, "") { Tokens = [new GeneratedToken(1, "")] }));
    }

    [Theory]
    [InlineData(FinishReason.Stop, "stop")]
    [InlineData(FinishReason.Length, "length")]
    [InlineData(FinishReason.Deadline, "deadline")]
    public void Finish_reasons(FinishReason reason, string expected) =>
        Assert.Equal(expected, new UpdateWriter("m", true).WriteEnd(Result(reason)).FinishReason?.Value);

    [Fact]
    public void Arguments_that_are_no_object_are_told_as_such()
    {
        var writer = new UpdateWriter("m", true);
        ChatResponseUpdate update = writer.Write(new ChatPiece(ChatPieceKind.ToolCall, "") { ToolCall = new ToolCall("7", "f", "[1]") })!;
        Assert.NotNull(Assert.IsType<FunctionCallContent>(update.Contents[0]).Exception);
    }

    private static ChatResult Result(FinishReason reason, int reasoning = 0) => new(
        new Message("assistant", "so"),
        new GenerationResult("so", [1, 2, 3, 4, 5], reason, new GenerationUsage(10, 4, 5), new GenerationTimings(default, default, default, 0), 9)) { ReasoningTokens = reasoning };
}
