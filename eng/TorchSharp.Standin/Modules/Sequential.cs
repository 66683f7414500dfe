#nullable enable
using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Sequential Sequential() => new();

            public static Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) =>
                Sequential(modules.AsEnumerable());

            public static Sequential Sequential(params Module<Tensor, Tensor>[] modules) =>
                Sequential(modules.AsEnumerable());

            public static Sequential Sequential(params System.Tuple<string, Module<Tensor, Tensor>>[] modules) =>
                Sequential(modules.AsEnumerable());

            public static Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules)
            {
                var result = Sequential();
                foreach (var (name, module) in modules) result.append(name, module);
                return result;
            }

            public static Sequential Sequential(IEnumerable<System.Tuple<string, Module<Tensor, Tensor>>> modules) =>
                Sequential(modules.Select(named => (named.Item1, named.Item2)));

            public static Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules)
            {
                var result = Sequential();
                foreach (var module in modules) result.append(module);
                return result;
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Modules one after the other.</summary>
    public class Sequential : nn.Module<Tensor, Tensor>
    {
        private readonly List<(string Name, nn.IModule<Tensor, Tensor> Module)> _modules = [];

        internal Sequential()
        {
        }

        protected Sequential(params (string name, nn.Module<Tensor, Tensor> submodule)[] modules)
        {
            foreach (var (name, module) in modules) append(name, module);
        }

        protected Sequential(params nn.Module<Tensor, Tensor>[] modules)
        {
            foreach (var module in modules) append(module);
        }

        internal override string NativeName => "torch::nn::SequentialImpl";

        public int Count => _modules.Count;

        [IndexerName("SequentialItems")]
        public nn.IModule<Tensor, Tensor> this[int index] => _modules[index].Module;

        [IndexerName("SequentialItems")]
        public Sequential this[(int? start, int? end) index]
        {
            get
            {
                var (start, end) = (index.start ?? 0, index.end ?? Count);
                if (start < 0 || start > Count) throw new IndexOutOfRangeException($"There is no module {start}.");
                if (end < 0 || end > Count) throw new IndexOutOfRangeException($"There is no module {end}.");
                var slice = new Sequential();
                for (var i = start; i < end; i++) slice._modules.Add(_modules[i]);
                return slice;
            }
        }

        [IndexerName("SequentialItems")]
        public Sequential this[Range index] => this[(index.Start.GetOffset(Count), index.End.GetOffset(Count))];

        private IEnumerable<nn.Module> Modules => _modules.Select(item => (nn.Module)item.Module);

        public Sequential append(string name, nn.IModule<Tensor, Tensor> module)
        {
            _modules.Add((name, module));
            return this;
        }

        public Sequential append(nn.IModule<Tensor, Tensor> module) => append(Count.ToString(), module);

        /// <summary>What lies between two modules is disposed.</summary>
        public override Tensor forward(Tensor tensor)
        {
            if (Count == 0) return tensor.alias();
            var value = _modules[0].Module.call(tensor);
            foreach (var (_, module) in _modules.Skip(1))
            {
                using var previous = value;
                value = module.call(previous);
            }
            return value;
        }

        public override IEnumerable<(string name, nn.Module module)> named_children() =>
            _modules.Select(item => (item.Name, (nn.Module)item.Module));

        public override IEnumerable<(string name, nn.Module module)> named_modules() => WithDescendants(named_children);

        public override IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
            recurse ? Distinct(OfChildren(named_children(), module => module.named_parameters(true))) : [];

        public override IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true,
            bool include_persistent = true) =>
            recurse
                ? Distinct(OfChildren(named_children(), module => module.named_buffers(true, include_persistent)))
                : [];

        public override nn.Module apply(Action<nn.Module> fn)
        {
            foreach (var module in Modules) module.apply(fn);
            fn(this);
            return this;
        }

        protected internal override nn.Module _to(ScalarType dtype, bool non_blocking)
        {
            foreach (var module in Modules) module._to(dtype, non_blocking);
            return this;
        }

        protected internal override nn.Module _to(Device device, ScalarType dtype, bool non_blocking)
        {
            foreach (var module in Modules) module._to(device, dtype, non_blocking);
            return this;
        }

        protected internal override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
        {
            foreach (var module in Modules) module._to(deviceType, deviceIndex, non_blocking);
            return this;
        }
    }
}
