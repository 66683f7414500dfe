#nullable enable
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            public virtual IEnumerable<(string name, Module module)> named_children() => _internal_submodules;

            /// <summary>The children, then theirs; not the module itself.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules() => WithDescendants(named_children);

            internal static IEnumerable<(string name, Module module)> WithDescendants(
                Func<IEnumerable<(string name, Module module)>> children)
            {
                foreach (var child in children()) yield return child;
                foreach (var (name, module) in children())
                    foreach (var (inner, descendant) in module.named_modules())
                        yield return ($"{name}.{inner}", descendant);
            }

            public virtual IEnumerable<Module> children() => named_children().Select(named => named.module);

            public virtual IEnumerable<Module> modules() => named_modules().Select(named => named.module);

            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var inner = recurse
                    ? OfChildren(_internal_submodules.Items, module => module.named_parameters(true))
                    : [];
                return Distinct(_internal_params.Items.Concat(inner));
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) =>
                named_parameters(recurse).Select(named => named.parameter);

            /// <summary>Buffers that are not persistent are left out, whatever the second argument says.</summary>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true,
                bool include_nonpersistent = true)
            {
                var own = _internal_buffers.Items.Where(item => item.Item2.Item2)
                    .Select(item => (item.Item1, item.Item2.Item1));
                var inner = recurse
                    ? OfChildren(_internal_submodules.Items,
                        module => module.named_buffers(true, include_nonpersistent))
                    : [];
                return Distinct(own.Concat(inner));
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(named => named.buffer);

            internal static IEnumerable<(string, T)> OfChildren<T>(IEnumerable<(string name, Module module)> children,
                Func<Module, IEnumerable<(string, T)>> select) =>
                children.SelectMany(child => select(child.module), (child, item) =>
                    ($"{child.name}.{item.Item1}", item.Item2));

            /// <summary>Each handle once, and none that has been disposed; evaluated as it is read.</summary>
            internal static IEnumerable<(string, T)> Distinct<T>(IEnumerable<(string, T)> items) where T : Tensor
            {
                var seen = new HashSet<IntPtr> { IntPtr.Zero };
                foreach (var item in items)
                    if (seen.Add(item.Item2.handle)) yield return item;
            }

            public virtual Parameter? get_parameter(string target) =>
                _internal_params.TryGetValue(target, out var parameter)
                    ? parameter
                    : InChildren(target, (child, rest) => child.get_parameter(rest)).FirstOrDefault(p => p is not null);

            public virtual Tensor? get_buffer(string target) =>
                _internal_buffers.TryGetValue(target, out var buffer)
                    ? buffer.Item1
                    : InChildren(target, (child, rest) => child.get_buffer(rest)).FirstOrDefault(b => b is not null);

            public virtual bool has_parameter(string target) =>
                _internal_params.ContainsKey(target)
                || InChildren(target, (child, rest) => child.has_parameter(rest)).Any(found => found);

            public virtual bool has_buffer(string target) =>
                _internal_buffers.ContainsKey(target)
                || InChildren(target, (child, rest) => child.has_buffer(rest)).Any(found => found);

            private IEnumerable<T> InChildren<T>(string target, Func<Module, string, T> find)
            {
                var point = target.IndexOf('.');
                return point < 0
                    ? []
                    : named_children().Where(child => child.name == target[..point])
                        .Select(child => find(child.module, target[(point + 1)..]));
            }
        }
    }
}
