using System.Runtime.ExceptionServices;
using System.Text;
using Inference.Templating;

namespace Inference;

/// <summary>Runs a race: see <see cref="GenerationRace"/>.</summary>
/// <param name="accept">Judges whole results, or null.</param>
/// <param name="acceptText">Judges texts so far, or null.</param>
internal sealed class Referee(Func<GenerationResult, bool>? accept, Func<string, bool>? acceptText) : IDisposable
{
    // The predicate is judged by under a lock of its own: stopping must not wait for it.
    private readonly Lock _judging = new();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _over = new();
    private readonly List<Generation> _contenders = [];
    private Task _stopping = Task.CompletedTask;
    private Exception? _fault;
    private int _winner = -1;

    /// <summary>Runs the race.</summary>
    /// <param name="entries">Each gives a contender, or gives up when its token is cancelled.</param>
    /// <param name="cancellationToken">Cancels the race.</param>
    public async Task<RaceResult> RunAsync(Func<CancellationToken, Task<Generation>>[] entries, CancellationToken cancellationToken)
    {
        if (entries.Length == 0)
            throw new ArgumentException("A race needs a contender.", nameof(entries));
        GenerationOutcome[] outcomes;
        using (cancellationToken.UnsafeRegister(static state => ((Referee)state!).Stop(winner: null), this))
            outcomes = await Task.WhenAll(entries.Select(FollowAsync)).ConfigureAwait(false);
        await _stopping.ConfigureAwait(false);
        if (_fault is { } fault)
            ExceptionDispatchInfo.Throw(fault);
        cancellationToken.ThrowIfCancellationRequested();
        return new RaceResult(_winner, outcomes);
    }

    public void Dispose() => _over.Dispose();

    private bool IsOver => _winner >= 0 || _over.IsCancellationRequested;

    /// <summary>Never throws: what is wrong with a contender is its outcome, what is wrong with the race ends it.</summary>
    private async Task<GenerationOutcome> FollowAsync(Func<CancellationToken, Task<Generation>> enter, int index)
    {
        try
        {
            Generation contender = await enter(_over.Token).ConfigureAwait(false);
            Enter(contender);
            if (acceptText is not null)
                await ReadAsync(contender, index, acceptText).ConfigureAwait(false);
            GenerationResult result = await contender.Completion.ConfigureAwait(false);
            if (accept is not null && result.FinishReason != FinishReason.Cancelled)
                Judge(() => accept(result), contender, index);
            return new GenerationOutcome(index, result, null);
        }
        catch (Exception error) when (error is InferenceException or ChatTemplateException)
        {
            return new GenerationOutcome(index, null, error);
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            return new GenerationOutcome(index, null, null);
        }
        catch (Exception error)
        {
            Fail(error);
            return new GenerationOutcome(index, null, error);
        }
    }

    private async Task ReadAsync(Generation contender, int index, Func<string, bool> accepts)
    {
        var text = new StringBuilder();
        try
        {
            await foreach (GeneratedToken token in contender.ConfigureAwait(false))
            {
                if (token.Text.Length == 0)
                    continue;
                text.Append(token.Text);
                string soFar = text.ToString();
                if (!Judge(() => accepts(soFar), contender, index))
                    continue;
                // From here on it needs no reader; leaving its stream would cancel it.
                await contender.Completion.ConfigureAwait(false);
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // Cancelled by whoever submitted it: its result says so.
        }
    }

    /// <summary>Asks the predicate, unless the race is over; ends the race if it accepts.</summary>
    private bool Judge(Func<bool> accepts, Generation contender, int index)
    {
        lock (_judging)
        {
            if (IsOver)
                return false;
            try
            {
                if (!accepts())
                    return false;
            }
            catch (Exception error)
            {
                Fail(error);
                return false;
            }

            return TryWin(contender, index);
        }
    }

    private bool TryWin(Generation contender, int index)
    {
        lock (_lock)
        {
            // The race may have been cancelled while the predicate ran.
            if (IsOver)
                return false;
            _winner = index;
            Stop(contender);
            return true;
        }
    }

    private void Enter(Generation contender)
    {
        lock (_lock)
        {
            _contenders.Add(contender);
            if (IsOver)
                contender.Cancel();
        }
    }

    private void Fail(Exception error)
    {
        lock (_lock)
        {
            _fault ??= error;
            Stop(winner: null);
        }
    }

    private void Stop(Generation? winner)
    {
        lock (_lock)
        {
            foreach (Generation contender in _contenders)
            {
                if (contender != winner)
                    contender.Cancel();
            }

            // Entries that still wait for a place give up; what follows for them runs elsewhere.
            if (!_over.IsCancellationRequested)
                _stopping = _over.CancelAsync();
        }
    }
}
