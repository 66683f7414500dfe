namespace Root.Optimizers;

/// <summary>Marks an option that a saved state does not hold: a delegate, or what is decided when a group is added.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NotSavedAttribute : Attribute;
