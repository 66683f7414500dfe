namespace Root.Optimizers;

/// <summary>
/// What of a momentum matrix is brought to equal norms before it is orthogonalized, so that rows of large gradients do not decide the
/// directions of all. Source: MuonEq (arXiv 2603.28254), whose forms R, C and RC these are.
/// </summary>
public enum RowBalance
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Every row is divided by its norm.</summary>
    Rows,

    /// <summary>Every column is.</summary>
    Columns,

    /// <summary>Every row, and then every column.</summary>
    Both,
}
