using System.Reflection;
using System.Reflection.Emit;

namespace Root.Optimizers.Tests.Support;

/// <summary>Which methods a compiled assembly calls, read from its instructions.</summary>
public static class CompiledCalls
{
    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>Every call, with the method of the source that it stands in: lambdas and iterators count as their method's.</summary>
    public static IEnumerable<(string Caller, MethodBase Called)> Of(Assembly assembly)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
            | BindingFlags.DeclaredOnly;
        return from type in assembly.GetTypes()
               from method in type.GetMethods(all).Cast<MethodBase>().Concat(type.GetConstructors(all))
               from called in Of(method)
               select (Name(method), called);
    }

    /// <summary>What one method calls.</summary>
    public static IEnumerable<MethodBase> Of(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < code.Length;)
        {
            // Instructions of two bytes begin with 0xFE.
            var instruction = Codes[code[at] == 0xFE ? (short)(0xFE00 | code[at + 1]) : code[at]];
            at += instruction.Size;
            if (instruction.OperandType == OperandType.InlineMethod)
                yield return method.Module.ResolveMethod(BitConverter.ToInt32(code, at),
                    method.DeclaringType?.GetGenericArguments(), method is MethodInfo ? method.GetGenericArguments() : null)!;
            at += instruction.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
        }
    }

    /// <summary>Type.Method; of what the compiler made, the type and method in the angle brackets of its name.</summary>
    private static string Name(MethodBase method)
    {
        var (type, name) = (method.DeclaringType!, method.Name);
        if (InBrackets(name) is { } outer) name = outer;
        while (type.Name.StartsWith('<') && type.DeclaringType is { } around)
        {
            // An iterator is a class named by its method; a lambda's method is named by the one it stands in.
            if (InBrackets(type.Name) is { Length: > 0 } iterator) name = iterator;
            type = around;
        }
        return $"{type.Name.Split('`')[0]}.{name}";
    }

    private static string? InBrackets(string name) =>
        name.StartsWith('<') && name.LastIndexOf('>') is > 1 and var end ? name[1..end].TrimStart('<') : null;
}
