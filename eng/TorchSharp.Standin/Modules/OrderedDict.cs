using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Utils;

/// <summary>A dictionary that keeps the order of insertion, and can be indexed by it.</summary>
public class OrderedDict<TKey, TValue> : IDictionary<TKey, TValue>, IList<(TKey, TValue)>
{
    private readonly List<(TKey, TValue)> _list = [];
    private readonly Dictionary<TKey, TValue> _dict = [];

    public int Count => _dict.Count;

    public bool IsReadOnly => false;

    /// <summary>The pairs, for LINQ, which cannot tell which of the two sequences is meant.</summary>
    internal IEnumerable<(TKey, TValue)> Items => _list;

    public ICollection<TKey> Keys => [.. _list.Select(item => item.Item1)];

    public ICollection<TValue> Values => [.. _list.Select(item => item.Item2)];

    public (TKey, TValue) this[int index]
    {
        get => _list[index];
        set
        {
            _list[index] = value;
            _dict[value.Item1] = value.Item2;
        }
    }

    public TValue this[TKey key]
    {
        get => _dict[key];
        set
        {
            _dict[key] = value;
            var index = IndexOf(key);
            if (index < 0) _list.Add((key, value));
            else _list[index] = (key, value);
        }
    }

    public void Add(TKey key, TValue value)
    {
        _dict.Add(key, value);
        _list.Add((key, value));
    }

    public void Add((TKey, TValue) item) => Add(item.Item1, item.Item2);

    public void Add(KeyValuePair<TKey, TValue> item) => Add(item.Key, item.Value);

    public void Insert(int index, (TKey, TValue) item)
    {
        _dict.Add(item.Item1, item.Item2);
        _list.Insert(index, item);
    }

    /// <summary>Throws where there is no such key.</summary>
    public bool Remove(TKey key)
    {
        if (!_dict.Remove(key)) throw new KeyNotFoundException($"There is no {key}.");
        _list.RemoveAt(IndexOf(key));
        return true;
    }

    public bool Remove((TKey, TValue) item)
    {
        _dict.Remove(item.Item1);
        return _list.Remove(item);
    }

    public bool Remove(KeyValuePair<TKey, TValue> item) => _dict.Remove(item.Key);

    public void RemoveAt(int index)
    {
        if (index >= _list.Count) throw new IndexOutOfRangeException();
        _dict.Remove(_list[index].Item1);
        _list.RemoveAt(index);
    }

    public void Clear()
    {
        _dict.Clear();
        _list.Clear();
    }

    public void clear() => Clear();

    public bool ContainsKey(TKey key) => _dict.ContainsKey(key);

    public bool Contains((TKey, TValue) item) => _list.Contains(item);

    public bool Contains(KeyValuePair<TKey, TValue> item) => _dict.ContainsKey(item.Key);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => _dict.TryGetValue(key, out value);

    public int IndexOf((TKey, TValue) item) => _list.IndexOf(item);

    private int IndexOf(TKey key) => _list.FindIndex(item => item.Item1.Equals(key));

    public IEnumerator<(TKey, TValue)> items() => _list.GetEnumerator();

    public IEnumerable<TKey> keys() => _dict.Keys;

    public IEnumerable<TValue> values() => _dict.Values;

    public void CopyTo((TKey, TValue)[] array, int arrayIndex) => _list.CopyTo(array, arrayIndex);

    public IEnumerator<(TKey, TValue)> GetEnumerator() => _list.GetEnumerator();

    // TorchSharp leaves these out, so code that relied on them would work with the stand-in only.
    public void CopyTo(KeyValuePair<TKey, TValue>[] array, int arrayIndex) => throw new NotImplementedException();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() =>
        throw new NotImplementedException();

    IEnumerator IEnumerable.GetEnumerator() => throw new NotImplementedException();
}
