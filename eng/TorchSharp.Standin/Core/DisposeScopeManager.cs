#nullable enable
namespace TorchSharp;

/// <summary>The dispose scopes that are open on a thread, and counts of what is created and disposed there.</summary>
public class DisposeScopeManager
{
    [ThreadStatic] private static DisposeScopeManager? t_singleton;

    internal static DisposeScopeManager ThreadSingleton => t_singleton ??= new DisposeScopeManager();

    internal ThreadDisposeScopeStatistics StatisticsInstance { get; } = new();

    internal DisposeScope? CurrentDisposeScope { get; private set; }

    public static ThreadDisposeScopeStatistics Statistics => ThreadSingleton.StatisticsInstance;

    internal DisposeScope NewDisposeScope() => CurrentDisposeScope = new DisposeScope(this);

    internal DisposeScope? RegisterOnCurrentDisposeScope(torch.Tensor tensor)
    {
        var counts = StatisticsInstance.TensorStatistics;
        if (CurrentDisposeScope is null)
        {
            counts.CreatedOutsideScopeCount++;
            return null;
        }
        counts.CreatedInScopeCount++;
        CurrentDisposeScope.Disposables.Add(tensor);
        return CurrentDisposeScope;
    }

    internal void DisposingOnCurrentScope(torch.Tensor tensor)
    {
        var counts = StatisticsInstance.TensorStatistics;
        if (tensor.OwningDisposeScope is null) counts.DisposedOutsideScopeCount++;
        else counts.DisposedInScopeCount++;
    }

    // Scopes may be disposed out of order, so the one to take out can lie under others.
    internal void RemoveDisposeScope(DisposeScope removed)
    {
        if (CurrentDisposeScope == removed)
        {
            CurrentDisposeScope = removed.OuterScope;
            return;
        }
        for (var scope = CurrentDisposeScope; scope is not null; scope = scope.OuterScope)
        {
            if (scope.OuterScope != removed) continue;
            scope.OuterScope = removed.OuterScope;
            return;
        }
    }
}
