using Xunit.v3;

namespace Root.Optimizers.Tests.Support;

/// <summary>A test of about a second or more, or one that starts processes: ./run test --fast leaves it out.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class SlowAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("speed", "slow")];
}
