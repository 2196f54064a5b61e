using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>The lines of a text file as rows; the members of a type say which fields a column is made of.</summary>
internal sealed class TextFileDataView : IDataView
{
    private readonly string _path;
    private readonly char _separator;
    private readonly bool _hasHeader;
    private readonly bool _allowQuoting;
    private readonly bool _trim;
    private readonly LoadColumnAttribute[] _fields;

    public TextFileDataView(string path, Type type, char separator, bool hasHeader, bool allowQuoting, bool trim)
    {
        _path = path;
        _separator = separator;
        _hasHeader = hasHeader;
        _allowQuoting = allowQuoting;
        _trim = trim;
        TypedMember[] members = TypedMember.Create(type, null, SchemaDefinition.Direction.Write);
        _fields = [.. members.Select(member => member.Member.GetCustomAttribute<LoadColumnAttribute>()
            ?? throw Contracts.Except($"{(member.Member is FieldInfo ? "Field" : "Property")} '{member.Member.Name}' is missing the {nameof(LoadColumnAttribute)} attribute"))];
        DataViewSchema.Builder builder = new();
        foreach ((TypedMember member, LoadColumnAttribute field) in members.Zip(_fields))
        {
            DataViewType columnType = member.ColumnType is VectorDataViewType vector && field.End >= field.Start
                ? new VectorDataViewType(vector.ItemType, field.End - field.Start + 1)
                : member.ColumnType;
            builder.AddColumn(member.ColumnName, columnType);
        }

        Schema = builder.ToSchema();
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) => new Cursor(this, columnsNeeded);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
        => [GetRowCursor(columnsNeeded, rand)];

    private string[] Split(string line)
    {
        List<string> fields = [];
        StringBuilder field = new();
        bool quoted = false;
        for (int i = 0; i <= line.Length; i++)
        {
            if (i == line.Length || (line[i] == _separator && !quoted))
            {
                fields.Add(_trim ? field.ToString().Trim() : field.ToString());
                field.Clear();
            }
            else if (_allowQuoting && line[i] == '"' && (quoted || field.Length == 0))
            {
                // Two quotes inside quotes stand for one.
                if (quoted && i + 1 < line.Length && line[i + 1] == '"')
                    field.Append(line[++i]);
                else
                    quoted = !quoted;
            }
            else
            {
                field.Append(line[i]);
            }
        }

        return [.. fields];
    }

    /// <summary>The value of a field: a missing or empty number is 0, one that cannot be read is not a number.</summary>
    private static T Parse<T>(string text)
    {
        if (typeof(T) == typeof(ReadOnlyMemory<char>))
            return (T)(object)text.AsMemory();
        if (typeof(T) == typeof(bool))
            return (T)(object)(text.Trim().ToLowerInvariant() is "1" or "true" or "t" or "yes" or "y" or "on" or "+" or "+1");
        if (string.IsNullOrWhiteSpace(text))
            return default;
        if (typeof(T) == typeof(float))
            return (T)(object)(float.TryParse(text, CultureInfo.InvariantCulture, out float single) ? single : float.NaN);
        if (typeof(T) == typeof(double))
            return (T)(object)(double.TryParse(text, CultureInfo.InvariantCulture, out double number) ? number : double.NaN);
        return (T)Convert.ChangeType(text, typeof(T), CultureInfo.InvariantCulture);
    }

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly TextFileDataView _view;
        private readonly IEnumerator<string> _lines;
        private readonly Delegate[] _getters;
        private string[] _current;
        private long _position = -1;

        public Cursor(TextFileDataView view, IEnumerable<DataViewSchema.Column> columnsNeeded)
        {
            _view = view;
            _lines = File.ReadLines(view._path).Skip(view._hasHeader ? 1 : 0).Where(line => line.Length > 0).GetEnumerator();
            _getters = new Delegate[view.Schema.Count];
            foreach (DataViewSchema.Column column in columnsNeeded)
            {
                _getters[column.Index] = (Delegate)typeof(Cursor).GetMethod(nameof(CreateGetter), BindingFlags.Instance | BindingFlags.NonPublic)
                    .MakeGenericMethod(column.Type.GetItemType().RawType).Invoke(this, [view._fields[column.Index], column.Type]);
            }
        }

        public override DataViewSchema Schema => _view.Schema;

        public override long Position => _position;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => RowErrors.Cast<TValue>(_getters[column.Index], column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

        public override bool MoveNext()
        {
            if (!_lines.MoveNext())
            {
                _current = null;
                _position = -1;
                return false;
            }

            _current = _view.Split(_lines.Current);
            _position++;
            return true;
        }

        protected override void Dispose(bool disposing) => _lines.Dispose();

        private Delegate CreateGetter<T>(LoadColumnAttribute fields, DataViewType type)
        {
            if (type is not VectorDataViewType)
                return (ValueGetter<T>)((ref T value) => value = Parse<T>(Field(fields.Start)));
            return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
            {
                VBufferEditor<T> editor = VBufferEditor.Create(ref value, fields.End - fields.Start + 1);
                for (int i = 0; i < editor.Values.Length; i++)
                    editor.Values[i] = Parse<T>(Field(fields.Start + i));
                value = editor.Commit();
            });
        }

        private string Field(int index)
        {
            string[] fields = _current ?? throw Contracts.Except(RowErrors.NoRow);
            return index < fields.Length ? fields[index] : "";
        }
    }
}
