#nullable enable
using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A node of a tree of modules, with parameters and buffers of its own.</summary>
        public partial class Module : IDisposable
        {
            protected DeviceType _deviceType = DeviceType.CPU;
            protected int _deviceIndex = -1;
            protected string? name;
            protected OrderedDict<string, Module> _internal_submodules = new();
            protected OrderedDict<string, (Tensor, bool)> _internal_buffers = new();
            protected OrderedDict<string, Parameter> _internal_params = new();

            private bool _training = true;
            private bool _areComponentsRegistered;

            protected Module(string name) => this.name = name;

            internal Module()
            {
            }

            ~Module() => Dispose(false);

            internal bool IsDisposed { get; private set; }

            public virtual bool training => _training;

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || IsDisposed) return;
                foreach (var (_, buffer) in named_buffers(false)) buffer.DetachFromDisposeScope().Dispose();
                foreach (var (_, parameter) in named_parameters(false)) parameter.DetachFromDisposeScope().Dispose();
                foreach (var (_, module) in named_modules()) module.Dispose();
                ReleaseNative();
                IsDisposed = true;
            }

            /// <summary>Frees what TorchSharp keeps in one of libtorch's modules.</summary>
            internal virtual void ReleaseNative()
            {
            }

            public virtual string GetName() => string.IsNullOrEmpty(name) ? NativeName : name!;

            /// <summary>What libtorch calls a module that TorchSharp has given no name.</summary>
            internal virtual string NativeName => "";

            public virtual void train(bool train = true)
            {
                _training = train;
                foreach (var module in children()) module.train(train);
            }

            public virtual void eval() => train(false);

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    using var grad = parameter.grad;
                    if (grad is null) continue;
                    if (set_to_none) parameter.grad = null;
                    else grad.zero_();
                }
            }

            public virtual Module apply(Action<Module> fn)
            {
                foreach (var (_, module) in _internal_submodules) module.apply(fn);
                fn(this);
                return this;
            }

            /// <summary>Registers the modules, parameters and tensors that the fields hold.</summary>
            protected virtual void RegisterComponents()
            {
                if (_areComponentsRegistered) return;
                foreach (var field in AllFields())
                {
                    var component = field.ComponentName();
                    if (_internal_submodules.ContainsKey(component) || _internal_params.ContainsKey(component)
                        || _internal_buffers.ContainsKey(component)) continue;
                    switch (field.GetValue(this))
                    {
                        case Module module:
                            register_module(component, module);
                            break;
                        case Parameter parameter:
                            register_parameter(component, parameter);
                            break;
                        case Tensor tensor:
                            register_buffer(component, tensor);
                            break;
                    }
                }
                _areComponentsRegistered = true;
            }

            /// <summary>The fields from the most derived class to this one; of equal names the first.</summary>
            private IEnumerable<FieldInfo> AllFields()
            {
                var seen = new HashSet<string>();
                for (var type = GetType(); type is not null && type != typeof(object); type = type.BaseType)
                    foreach (var field in type.GetFields(
                        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
                        if (seen.Add(field.Name)) yield return field;
            }

            public void add_module(string name, Module module) => register_module(name, module);

            public virtual void register_module(string name, Module submodule)
            {
                if (submodule is null || submodule.IsDisposed)
                {
                    if (_internal_submodules.ContainsKey(name)) _internal_submodules.Remove(name);
                    return;
                }
                if (string.IsNullOrEmpty(name)) throw new ArgumentException("A module's name cannot be empty.");
                if (name.Contains('.')) throw new ArgumentException($"A module's name cannot hold a point: {name}");
                if (_internal_submodules.ContainsKey(name))
                    throw new InvalidOperationException($"There is a submodule {name} already.");
                submodule.RegisterComponents();
                _internal_submodules.Add(name, submodule);
            }

            public virtual void register_parameter(string name, Parameter param)
            {
                if (param is null || param.IsInvalid) throw new ArgumentNullException(nameof(param));
                if (!_internal_params.TryAdd(name, param))
                    throw new InvalidOperationException($"There is a parameter {name} already.");
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (tensor is null || tensor.IsInvalid) throw new ArgumentNullException(nameof(tensor));
                if (!_internal_buffers.TryAdd(name, (tensor, persistent)))
                    throw new InvalidOperationException($"There is a buffer {name} already.");
            }

            protected void ConditionallyRegisterParameter(string name, Tensor? value) =>
                ConditionallyRegisterParameter(name, value as Parameter);

            protected void ConditionallyRegisterParameter(string name, Parameter? value) =>
                SetOrRemove(_internal_params, name, value, value is not null);

            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true) =>
                SetOrRemove(_internal_buffers, name, (value!, persistent), value is not null);

            private static void SetOrRemove<T>(OrderedDict<string, T> registry, string name, T? value, bool set)
            {
                if (set) registry[name] = value!;
                else if (registry.ContainsKey(name)) registry.Remove(name);
            }

            /// <summary>
            /// The setter of a parameter: the module owns it from here, whatever dispose scope it was made in.
            /// </summary>
            internal void SetParameter(string name, ref Parameter? field, Parameter? value)
            {
                if (value is not null && value.Handle == field?.Handle) return;
                field?.Dispose();
                value?.DetachFromDisposeScope();
                field = value;
                ConditionallyRegisterParameter(name, value);
            }

            /// <summary>The setter of a buffer.</summary>
            internal void SetBuffer(string name, ref Tensor? field, Tensor? value)
            {
                field?.Dispose();
                field = value?.DetachFromDisposeScope();
                ConditionallyRegisterBuffer(name, field);
            }

            protected void ClearModules() => _internal_submodules.clear();
        }
    }
}

public static class FieldInfoExtensionMethods
{
    public static string ComponentName(this FieldInfo field) =>
        field.GetCustomAttribute<ComponentNameAttribute>()?.Name ?? field.Name;
}
