#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            // The operator got its public name in libtorch 2.0; before, it also returned the weights where asked to.
            private static readonly bool s_hasPublicAttention =
                Native.Find("aten::scaled_dot_product_attention", "") != IntPtr.Zero;

            /// <summary>
            /// softmax(Q K^T / sqrt(E) + mask) V. A boolean mask is true where a query may see a key; a floating one is
            /// added.
            /// </summary>
            public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value,
                Tensor? attn_mask = null, double p = 0.0, bool is_casual = false)
            {
                if (p < 0) throw new ArgumentException("The probability of dropout cannot be negative.");
                if (is_casual && attn_mask is not null)
                    throw new ArgumentException("Causal attention takes no mask of its own.");
                return s_hasPublicAttention
                    ? Aten.Call("scaled_dot_product_attention", query, key, value, attn_mask!, p, is_casual)
                    : Aten.Call("_scaled_dot_product_attention", query, key, value, attn_mask!, p, false, is_casual);
            }
        }
    }
}
