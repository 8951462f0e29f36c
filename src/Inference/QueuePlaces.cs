using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Scheduling;

namespace Inference;

/// <summary>The places of the bounded queue, and how many of them each tenant may take. Safe from any thread.</summary>
/// <remarks>Who waits for a place gets it in the order of arrival, but for those whose own tenant has none left: they hold up nobody else.</remarks>
internal sealed class QueuePlaces
{
    private readonly int _places;
    private readonly TenantDirectory _tenants;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _taken = [];
    private readonly LinkedList<(string Tenant, TaskCompletionSource Place)> _waiting = [];
    private int _free;

    /// <summary>Creates the places.</summary>
    /// <param name="places">How many, at least 1.</param>
    /// <param name="tenants">How many of them each tenant may take.</param>
    public QueuePlaces(int places, TenantDirectory tenants)
    {
        _places = _free = places;
        _tenants = tenants;
    }

    /// <summary>Places that no request holds.</summary>
    public int Free
    {
        get
        {
            lock (_lock)
                return _free;
        }
    }

    /// <summary>Takes a place at once.</summary>
    /// <exception cref="QueueFullException">The queue is full, or holds as many of the tenant's requests as it may.</exception>
    public void Take(string? tenant)
    {
        string name = TenantDirectory.NameOf(tenant);
        lock (_lock)
        {
            // A tenant's own limit is named first: it is the one that the tenant itself can do something about.
            if (!HasShare(name))
                throw new QueueFullException(_tenants[name].MaxQueued!.Value, name);
            if (_free == 0)
                throw new QueueFullException(_places);
            Grant(name);
        }
    }

    /// <summary>Takes a place if there is one.</summary>
    public bool TryTake(string? tenant)
    {
        string name = TenantDirectory.NameOf(tenant);
        lock (_lock)
        {
            if (_free == 0 || !HasShare(name))
                return false;
            Grant(name);
            return true;
        }
    }

    /// <summary>Takes a place as soon as there is one.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public async Task TakeAsync(string? tenant, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string name = TenantDirectory.NameOf(tenant);
        LinkedListNode<(string, TaskCompletionSource Place)> node;
        lock (_lock)
        {
            if (_free > 0 && HasShare(name))
            {
                Grant(name);
                return;
            }

            node = _waiting.AddLast((name, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        await using ConfiguredAsyncDisposable registration = cancellationToken.UnsafeRegister(_ => GiveUp(node, cancellationToken), null).ConfigureAwait(false);
        await node.Value.Place.Task.ConfigureAwait(false);
    }

    /// <summary>Gives a place back, to the first of those who wait that may have it.</summary>
    public void Release(string? tenant)
    {
        string name = TenantDirectory.NameOf(tenant);
        lock (_lock)
        {
            _free++;
            if (--CollectionsMarshal.GetValueRefOrNullRef(_taken, name) == 0)
                _taken.Remove(name);

            for (LinkedListNode<(string Tenant, TaskCompletionSource Place)>? node = _waiting.First; node is not null && _free > 0; node = node.Next)
            {
                if (!HasShare(node.Value.Tenant))
                    continue;
                _waiting.Remove(node);
                Grant(node.Value.Tenant);
                node.Value.Place.SetResult();
                return;
            }
        }
    }

    private void GiveUp(LinkedListNode<(string Tenant, TaskCompletionSource Place)> node, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Granted in the meantime: the caller has it and gives it back.
            if (node.List is null)
                return;
            _waiting.Remove(node);
        }

        node.Value.Place.SetCanceled(cancellationToken);
    }

    private bool HasShare(string name) => _taken.GetValueOrDefault(name) < (_tenants[name].MaxQueued ?? int.MaxValue);

    private void Grant(string name)
    {
        _free--;
        _taken[name] = _taken.GetValueOrDefault(name) + 1;
    }
}
