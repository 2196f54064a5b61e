using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Reads the value of any column.</summary>
internal static class Values
{
    public static void Read(DataViewRow row, DataViewSchema.Column column)
    {
        switch (column.Type)
        {
            case TextDataViewType:
                Read<ReadOnlyMemory<char>>(row, column);
                break;
            case VectorDataViewType:
                Read<VBuffer<float>>(row, column);
                break;
            case BooleanDataViewType:
                Read<bool>(row, column);
                break;
            case KeyDataViewType:
                Read<uint>(row, column);
                break;
            default:
                Read<float>(row, column);
                break;
        }
    }

    private static void Read<T>(DataViewRow row, DataViewSchema.Column column)
    {
        T value = default!;
        row.GetGetter<T>(column)(ref value);
    }
}
