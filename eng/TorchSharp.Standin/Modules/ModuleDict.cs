using System.Collections;
using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static ModuleDict<Module> ModuleDict(params (string, Module)[] modules) =>
                ModuleDict<Module>(modules);

            public static ModuleDict<T> ModuleDict<T>(params (string, T)[] modules) where T : Module
            {
                var result = new ModuleDict<T>();
                foreach (var module in modules) result.Add(module);
                return result;
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Modules by name, in the order of insertion.</summary>
    public class ModuleDict<T> : nn.Module, IDictionary<string, T>, IList<(string, T)> where T : nn.Module
    {
        private readonly OrderedDict<string, T> _modules = new();
        private bool _registered;

        public ModuleDict() : base(nameof(ModuleDict<>))
        {
        }

        public int Count => _modules.Count;

        public bool IsReadOnly => false;

        public ICollection<string> Keys => _modules.Keys;

        public ICollection<T> Values => _modules.Values;

        public (string, T) this[int index]
        {
            get => _modules[index];
            set => _modules[index] = value;
        }

        public T this[string key]
        {
            get => _modules[key];
            set => _modules[key] = value;
        }

        protected override void RegisterComponents()
        {
            if (_registered) return;
            foreach (var (name, module) in _modules) register_module(name, module);
            _registered = true;
        }

        public void Add((string, T) item) => _modules.Add(item);

        public void Add(string key, T value) => _modules.Add(key, value);

        public void Add(KeyValuePair<string, T> item) => _modules.Add(item);

        public void Insert(int index, (string, T) item) => _modules.Insert(index, item);

        public bool Remove((string, T) item) => _modules.Remove(item);

        public bool Remove(string key) => _modules.Remove(key);

        public bool Remove(KeyValuePair<string, T> item) => _modules.Remove(item);

        public void RemoveAt(int index) => _modules.RemoveAt(index);

        public void Clear() => _modules.Clear();

        public void clear() => _modules.Clear();

        public bool ContainsKey(string key) => _modules.ContainsKey(key);

        public bool Contains((string, T) item) => _modules.Contains(item);

        public bool Contains(KeyValuePair<string, T> item) => _modules.Contains(item);

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value) =>
            _modules.TryGetValue(key, out value);

        public int IndexOf((string, T) item) => _modules.IndexOf(item);

        public IEnumerator<(string, T)> items() => _modules.items();

        public IEnumerable<string> keys() => _modules.keys();

        public IEnumerable<T> values() => _modules.values();

        public void CopyTo((string, T)[] array, int arrayIndex) => _modules.CopyTo(array, arrayIndex);

        public IEnumerator<(string, T)> GetEnumerator() => _modules.GetEnumerator();

        // As OrderedDict: TorchSharp leaves these out.
        public void CopyTo(KeyValuePair<string, T>[] array, int arrayIndex) => throw new NotImplementedException();

        IEnumerator<KeyValuePair<string, T>> IEnumerable<KeyValuePair<string, T>>.GetEnumerator() =>
            throw new NotImplementedException();

        IEnumerator IEnumerable.GetEnumerator() => throw new NotImplementedException();
    }
}
