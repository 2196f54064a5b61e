namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>The input rows of linear layers, as their kernels read them.</summary>
internal readonly unsafe struct LinearInputs
{
    /// <summary>Rows that a kernel takes at once.</summary>
    public const int TileRows = 6;

    /// <summary><c>[count × columns]</c>.</summary>
    public required float* X { get; init; }

    /// <summary>The last rows if they do not fill a tile, padded with zeros: <c>[6 × columns]</c>.</summary>
    public required float* LastTile { get; init; }

    /// <summary>For integer formats, the rows as integers; null when there is no such format.</summary>
    public required RoundedRows Rounded { get; init; }

    public required int Count { get; init; }

    public required int Columns { get; init; }

    public int Tiles => (Count + TileRows - 1) / TileRows;

    /// <summary>The first value of a tile's rows, which lie <see cref="Columns"/> apart.</summary>
    public float* Tile(int tile) => (tile + 1) * TileRows > Count ? LastTile : X + ((long)tile * TileRows * Columns);

    /// <summary>The number of rows of a tile: six, fewer in the last.</summary>
    public int TileCount(int tile) => Math.Min(TileRows, Count - (tile * TileRows));

    /// <summary>A group of the rows. Where its last rows do not fill a tile, the tile goes on with the rows behind them.</summary>
    public LinearInputs Group(int first, int count) => new()
    {
        X = X + ((long)first * Columns),
        LastTile = X + ((first + (count / TileRows * TileRows)) * (long)Columns),
        Rounded = Rounded.From(first),
        Count = count,
        Columns = Columns,
    };
}
