#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => cat(tensors.ToArray(), dim);
    public static Tensor cat(Tensor[] tensors, long dim = 0) => cat((ReadOnlySpan<Tensor>)tensors, dim);
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => tensors.Length switch
    {
        0 => throw new ArgumentException("There is nothing to join.", nameof(tensors)),
        1 => tensors[0].alias(),
        _ => Aten.Call("cat", tensors.ToArray(), dim),
    };
    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concat(Tensor[] tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concat(ReadOnlySpan<Tensor> tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concatenate(IList<Tensor> tensors, long axis = 0) => cat(tensors, axis);
    public static Tensor concatenate(Tensor[] tensors, long axis = 0) => cat(tensors, axis);
    public static Tensor concatenate(ReadOnlySpan<Tensor> tensors, long axis = 0) => cat(tensors, axis);
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) =>
        Aten.Call("stack", tensors.ToArray(), dim);
    public static Tensor hstack(IList<Tensor> tensors) => Aten.Call("hstack", tensors.ToArray());
    public static Tensor hstack(params Tensor[] tensors) => Aten.Call("hstack", tensors.ToArray());
    public static Tensor hstack(IEnumerable<Tensor> tensors) => Aten.Call("hstack", tensors.ToArray());
    public static Tensor hstack(ReadOnlySpan<Tensor> tensors) => Aten.Call("hstack", tensors.ToArray());
    public static Tensor vstack(IList<Tensor> tensors) => Aten.Call("vstack", tensors.ToArray());
    public static Tensor vstack(Tensor[] tensors) => Aten.Call("vstack", tensors.ToArray());
    public static Tensor vstack(ReadOnlySpan<Tensor> tensors) => Aten.Call("vstack", tensors.ToArray());
    public static Tensor dstack(params Tensor[] tensors) => Aten.Call("dstack", tensors.ToArray());
    public static Tensor dstack(IList<Tensor> tensors) => Aten.Call("dstack", tensors.ToArray());
    public static Tensor dstack(ReadOnlySpan<Tensor> tensors) => Aten.Call("dstack", tensors.ToArray());
    public static Tensor dstack(IEnumerable<Tensor> tensors) => Aten.Call("dstack", tensors.ToArray());
    public static Tensor column_stack(IList<Tensor> tensors) => Aten.Call("column_stack", tensors.ToArray());
    public static Tensor column_stack(params Tensor[] tensors) => Aten.Call("column_stack", tensors.ToArray());
    public static Tensor column_stack(ReadOnlySpan<Tensor> tensors) =>
        Aten.Call("column_stack", tensors.ToArray());
    public static Tensor row_stack(IList<Tensor> tensors) => Aten.Call("row_stack", tensors.ToArray());
    public static Tensor row_stack(params Tensor[] tensors) => Aten.Call("row_stack", tensors.ToArray());
    public static Tensor row_stack(ReadOnlySpan<Tensor> tensors) => Aten.Call("row_stack", tensors.ToArray());
    public static Tensor block_diag(params Tensor[] tensors) => Aten.Call("block_diag", tensors);
    public static Tensor cartesian_prod(IList<Tensor> tensors) => Aten.Call("cartesian_prod", tensors.ToArray());
    public static Tensor cartesian_prod(params Tensor[] tensors) =>
        Aten.Call("cartesian_prod", tensors.ToArray());
    public static Tensor cartesian_prod(ReadOnlySpan<Tensor> tensors) =>
        Aten.Call("cartesian_prod", tensors.ToArray());
    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") =>
        Aten.CallMany("meshgrid.indexing", tensors.ToArray(), indexing);
    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors) => tensors.Length switch
    {
        0 => throw new ArgumentException("There is nothing to broadcast.", nameof(tensors)),
        1 => [tensors[0].alias()],
        _ => Aten.CallMany("broadcast_tensors", tensors),
    };
}
