using FsCheck;
using FsCheck.Fluent;
using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Experts;

namespace Inference.Ilgpu.Tests.Experts;

[Collection(Emulation.Name)]
public sealed class OrderKernelTests
{
    [Theory]
    [InlineData("Cpu", 12)]
    [InlineData("OpenCL", 150)]
    public void Slots_hold_every_place_once_with_others_of_its_expert(string kind, int tests)
    {
        using TestQueue test = new(Enum.Parse<AcceleratorKind>(kind));
        var order = test.Queue.Accelerator.LoadKernel<ArrayView<int>, ArrayView<int>, ArrayView<int>, int>(OrderKernel.Run);
        using ExpertScratch scratch = new(test.Queue);
        var routings =
            from experts in Gen.Choose(1, 40)
            from places in Gen.Choose(1, 200)
            from used in Gen.Choose(1, experts)
            from chosen in Gen.ArrayOf(Gen.Choose(experts - used, experts - 1), places)
            select (experts, chosen);
        Prop.ForAll(routings.ToArbitrary(), routing =>
        {
            (int experts, int[] chosen) = routing;
            (ExpertPlaces places, _) = scratch.Places(chosen.Length, ExpertPlaces.SlotCount(chosen.Length, experts));
            places.Experts.CopyFromCPU(test.Queue.Stream, chosen);
            places.Slots.MemSet(test.Queue.Stream, 0x7F);
            order(test.Queue.Stream, (experts, 32), places.Experts, places.Order, places.Slots, ExpertPlaces.ArePacked(chosen.Length, experts) ? 1 : 0);
            test.Queue.Stream.Synchronize();
            int[] sorted = new int[chosen.Length], slots = new int[places.Slots.Length];
            places.Order.CopyToCPU(test.Queue.Stream, sorted);
            places.Slots.CopyToCPU(test.Queue.Stream, slots);
            Assert.Equal(Enumerable.Range(0, chosen.Length).OrderBy(place => chosen[place]), sorted);
            List<int> held = [];
            foreach (int[] slot in slots.Chunk(2).Where(slot => slot[0] >= 0))
            {
                (int first, int more) = Math.DivRem(slot[0], ExpertPlaces.SlotPlaces);
                int[] together = sorted[first..(first + more + 1)];
                Assert.All(together, place => Assert.Equal(slot[1], chosen[place]));
                held.AddRange(together);
            }

            Assert.Equal(sorted, held);
            // No more slots in use than eights of each expert's places.
            Assert.Equal(chosen.GroupBy(expert => expert).Sum(group => (group.Count() + 7) / 8), slots.Chunk(2).Count(slot => slot[0] >= 0));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithReplay(5, 5));
    }
}
