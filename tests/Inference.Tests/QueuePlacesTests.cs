using Inference.Scheduling;

namespace Inference.Tests;

public class QueuePlacesTests
{
    private static QueuePlaces Places(int count, int? ofA = null) =>
        new(count, new TenantDirectory(new Dictionary<string, TenantOptions> { ["a"] = new() { MaxQueued = ofA } }, new TenantOptions()));

    [Fact]
    public void A_full_queue_names_the_limit_that_was_reached()
    {
        QueuePlaces places = Places(3, ofA: 1);
        places.Take("a");
        QueueFullException tenant = Assert.Throws<QueueFullException>(() => places.Take("a"));
        Assert.Equal((1, "a"), (tenant.Limit, tenant.TenantId));
        Assert.Contains("\"a\"", tenant.Message, StringComparison.Ordinal);
        places.Take(null);
        places.Take("b");
        QueueFullException all = Assert.Throws<QueueFullException>(() => places.Take("b"));
        Assert.Equal((3, null), (all.Limit, all.TenantId));
        Assert.False(places.TryTake(""));
        places.Release("a");
        Assert.True(places.TryTake("a"));
        Assert.Equal(0, places.Free);
    }

    [Fact]
    public async Task Who_waits_is_served_in_order_but_for_tenants_at_their_limit()
    {
        QueuePlaces places = Places(2, ofA: 1);
        places.Take("a");
        Task second = places.TakeAsync("a", TestContext.Current.CancellationToken);
        Task other = places.TakeAsync("b", TestContext.Current.CancellationToken);
        Assert.True(other.IsCompletedSuccessfully);
        Task third = places.TakeAsync("b", TestContext.Current.CancellationToken);
        places.Release("b");
        await third;
        Assert.False(second.IsCompleted);
        places.Release("a");
        await second;
        Assert.Equal(0, places.Free);
    }

    [Fact]
    public async Task A_wait_can_be_given_up_and_takes_no_place()
    {
        QueuePlaces places = Places(1);
        places.Take("a");
        using CancellationTokenSource source = new();
        Task waits = places.TakeAsync("b", source.Token), behind = places.TakeAsync("c", TestContext.Current.CancellationToken);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        places.Release("a");
        await behind;
        places.Release("c");
        Assert.Equal(1, places.Free);
    }

    [Fact]
    public async Task No_place_is_lost_or_given_twice_among_many()
    {
        QueuePlaces places = Places(5, ofA: 2);
        int[] held = new int[2];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            Random random = new(worker);
            for (int i = 0; i < 300; i++)
            {
                int which = random.Next(2);
                string? tenant = which == 0 ? "a" : null;
                using CancellationTokenSource source = new();
                Task waits = places.TakeAsync(tenant, source.Token);
                if (random.Next(4) == 0)
                    await source.CancelAsync();
                try
                {
                    await waits;
                }
                catch (OperationCanceledException)
                {
                    continue;
                }

                Assert.InRange(Interlocked.Increment(ref held[which]), 1, which == 0 ? 2 : 5);
                await Task.Yield();
                Interlocked.Decrement(ref held[which]);
                places.Release(tenant);
            }
        })));
        Assert.Equal(5, places.Free);
    }
}
