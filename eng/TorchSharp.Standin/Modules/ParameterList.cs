#nullable enable
using System.Collections;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static ParameterList ParameterList(params Parameter[] parameters) => new(parameters);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Parameters in a list, registered under their indices.</summary>
    public class ParameterList : nn.Module, IList<Parameter>
    {
        private readonly List<Parameter> _list = [];
        private bool _registered;

        public ParameterList(params Parameter[] parameters) : base(nameof(ParameterList)) => append(parameters);

        public Parameter this[int index]
        {
            get => _list[index];
            set => _list[index] = value;
        }

        public int Count => _list.Count;

        public bool IsReadOnly => false;

        protected override void RegisterComponents()
        {
            if (_registered) return;
            foreach (var (name, parameter) in named_parameters()) register_parameter(name, parameter);
            _registered = true;
        }

        public override IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
            _list.Select((parameter, i) => ($"{i}", parameter));

        public override bool has_parameter(string target) => get_parameter(target) is not null;

        public override Parameter? get_parameter(string target) =>
            int.TryParse(target, out var index) && index >= 0 && index < _list.Count ? _list[index] : null;

        protected override void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
        {
            for (var i = 0; i < _list.Count; i++)
            {
                if (!ReplaceParameter(dtype, device, _list[i], out var replacement)) continue;
                _list[i].Dispose();
                _list[i] = replacement!;
            }
            if (device is null) return;
            _deviceType = device.type;
            _deviceIndex = device.index;
        }

        public void Add(Parameter item) => _list.Add(item);

        public void append(params Parameter[] parameters) => extend(parameters ?? []);

        public void extend(IEnumerable<Parameter> parameters) => _list.AddRange(parameters);

        public void Insert(int index, Parameter item) => _list.Insert(index, item);

        public bool Remove(Parameter item) => _list.Remove(item);

        public void RemoveAt(int index) => _list.RemoveAt(index);

        public void Clear() => _list.Clear();

        public bool Contains(Parameter item) => _list.Contains(item);

        public int IndexOf(Parameter item) => _list.IndexOf(item);

        public void CopyTo(Parameter[] array, int arrayIndex) => _list.CopyTo(array, arrayIndex);

        public IEnumerator<Parameter> GetEnumerator() => _list.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
