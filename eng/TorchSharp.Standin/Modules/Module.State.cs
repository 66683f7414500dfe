#nullable enable
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null,
                string? prefix = null)
            {
                destination ??= [];
                string Qualified(string name) => string.IsNullOrEmpty(prefix) ? name : $"{prefix}.{name}";
                foreach (var (name, parameter) in named_parameters()) destination.TryAdd(Qualified(name), parameter);
                foreach (var (name, buffer) in named_buffers(include_nonpersistent: false))
                    destination.TryAdd(Qualified(name), buffer);
                foreach (var (name, module) in _internal_submodules) module.state_dict(destination, Qualified(name));
                return destination;
            }

            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                var destination = state_dict();
                bool Wanted(string key) => skip is null || !skip.Contains(key);
                List<string> missing = [.. destination.Keys.Where(key => Wanted(key) && !source.ContainsKey(key))];
                List<string> unexpected = [.. source.Keys.Where(key => Wanted(key) && !destination.ContainsKey(key))];
                if (strict && (missing.Count > 0 || unexpected.Count > 0))
                    throw new InvalidOperationException("The names of the state are not those of the module.");

                using var guard = no_grad();
                foreach (var (key, value) in source)
                    if (Wanted(key) && destination.TryGetValue(key, out var tensor)) tensor.copy_(value);
                return (missing, unexpected);
            }

            public Module save(string location, IList<string>? skip = null)
            {
                using var stream = File.Create(location);
                return save(stream, skip);
            }

            /// <summary>Closes the stream when done.</summary>
            public Module save(Stream stream, IList<string>? skip = null)
            {
                using var writer = new BinaryWriter(stream);
                return save(writer, skip);
            }

            public Module save(BinaryWriter writer, IList<string>? skip = null)
            {
                save_state_dict(writer, state_dict(), skip);
                return this;
            }

            public static void save_state_dict(BinaryWriter writer, Dictionary<string, Tensor> sd,
                IList<string>? skip = null)
            {
                var entries = sd.Where(entry => skip is null || !skip.Contains(entry.Key)).ToList();
                writer.Encode(entries.Count);
                foreach (var (key, tensor) in entries)
                {
                    writer.Write(key);
                    tensor.Save(writer);
                }
            }

            public virtual Module load(string location, bool strict = true, IList<string>? skip = null,
                Dictionary<string, bool>? loadedParameters = null)
            {
                if (!File.Exists(location)) throw new FileNotFoundException(location);
                using var stream = File.OpenRead(location);
                return load(stream, strict, skip, loadedParameters);
            }

            /// <summary>Closes the stream when done.</summary>
            public Module load(Stream stream, bool strict = true, IList<string>? skip = null,
                Dictionary<string, bool>? loadedParameters = null)
            {
                using var reader = new BinaryReader(stream);
                return load(reader, strict, skip, loadedParameters);
            }

            public virtual Module load(BinaryReader reader, bool strict = true, IList<string>? skip = null,
                Dictionary<string, bool>? loadedParameters = null)
            {
                var (type, index) = (_deviceType, _deviceIndex);
                if (type != DeviceType.CPU) this.cpu();
                try
                {
                    var destination = state_dict();
                    var count = reader.Decode();
                    if (strict && count != destination.Count)
                        throw new ArgumentException(
                            $"The stream has {count} entries, the module has {destination.Count}.");
                    for (long i = 0; i < count; i++)
                    {
                        var key = reader.ReadString();
                        var found = destination.TryGetValue(key, out var tensor);
                        if (strict && !found) throw new ArgumentException($"The module has no '{key}'.");
                        if (found && !(skip?.Contains(key) ?? false)) tensor!.Load(reader);
                        else TensorExtensionMethods.Load(reader, skip: true); // what is skipped still has to be read
                        loadedParameters?.Add(key, found);
                    }
                }
                finally
                {
                    if (type != DeviceType.CPU) _to(type, index, false);
                }
                return this;
            }

            public static Module Create<T>(string path) where T : Module, new() => new T().load(path);
        }
    }
}
