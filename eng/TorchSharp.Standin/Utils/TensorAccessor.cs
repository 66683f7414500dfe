using System.Collections;

namespace TorchSharp.Utils;

/// <summary>A CPU tensor's elements, in the order of its indices whatever its strides are.</summary>
public sealed class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly long[] _shape;
    private readonly long[] _strides;
    private readonly bool _contiguous;
    private torch.Tensor _tensor;
    private IntPtr _data;

    internal TensorAccessor(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
            throw new InvalidOperationException("Only a tensor on the CPU can be read or written directly.");
        _tensor = tensor;
        _data = tensor.DataPointer();
        _shape = tensor.shape;
        _strides = tensor.stride();
        _contiguous = tensor.is_contiguous();
    }

    public long Count => _tensor is null ? 0 : _tensor.numel();

    public bool IsReadOnly => false;

    public unsafe T this[params long[] indices]
    {
        get => ((T*)_data)[Offset(indices)];
        set => ((T*)_data)[Offset(indices)] = value;
    }

    public T[] ToArray()
    {
        var array = new T[_shape.Length == 0 ? 1 : Count];
        if (array.Length > 0 || _shape.Length > 1) CopyTo(array);
        return array;
    }

    public Array ToNDArray()
    {
        if (_shape.Length < 2) return ToArray();
        var array = Array.CreateInstance(typeof(T), _shape);
        var indices = new int[_shape.Length];
        foreach (var item in this)
        {
            array.SetValue(item, indices);
            for (var d = indices.Length - 1; d >= 0 && ++indices[d] == _shape[d]; d--) indices[d] = 0;
        }
        return array;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public unsafe void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = array[arrayIndex..];
        var count = (int)Math.Min(target.Length, CountFrom(tensorIndex));
        if (_contiguous) new ReadOnlySpan<T>((T*)_data + tensorIndex, count).CopyTo(target);
        else for (var i = 0; i < count; i++) target[i] = ((T*)_data)[Offset(tensorIndex + i)];
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    public unsafe void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        var count = (int)Math.Min(source.Length, CountFrom(tensorIndex));
        if (_contiguous) source[..count].CopyTo(new Span<T>((T*)_data + tensorIndex, count));
        else for (var i = 0; i < count; i++) ((T*)_data)[Offset(tensorIndex + i)] = source[i];
    }

    internal static T ReadItemAt(torch.Tensor tensor, long index)
    {
        tensor.ValidateType(typeof(T));
        using var accessor = new TensorAccessor<T>(tensor);
        return accessor[index];
    }

    private long CountFrom(long first) => first >= 0 && first < Count
        ? Count - first
        : throw new ArgumentOutOfRangeException(nameof(first), first, $"The tensor has {Count} elements.");

    private long Offset(long[] indices)
    {
        if (indices.Length == 1 && indices[0] >= Count) throw new IndexOutOfRangeException();
        if (indices.Length == 1) return Offset(indices[0]);
        var offset = 0L;
        for (var d = 0; d < _shape.Length; d++)
        {
            if (indices[d] < 0 || indices[d] >= _shape[d])
                throw new IndexOutOfRangeException($"{indices[d]} is no index of dimension {d}, of {_shape[d]}.");
            offset += indices[d] * _strides[d];
        }
        return offset;
    }

    private long Offset(long index)
    {
        if (index < 0 || index >= Count)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"The tensor has {Count} elements.");
        if (_contiguous) return index;
        var offset = 0L;
        for (var d = _shape.Length - 1; d >= 0; d--)
        {
            index = Math.DivRem(index, _shape[d], out var place);
            offset += place * _strides[d];
        }
        return offset;
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public static bool operator ==(TensorAccessor<T> left, TensorAccessor<T> right) => left.SequenceEqual(right);

    public static bool operator !=(TensorAccessor<T> left, TensorAccessor<T> right) => !(left == right);

    public override bool Equals(object obj) =>
        obj is TensorAccessor<T> other && (_data == other._data || this == other);

    public override int GetHashCode() => base.GetHashCode();

    public void Dispose()
    {
        _data = IntPtr.Zero;
        _tensor = null;
    }
}
