using Microsoft.ML.Data;

namespace Microsoft.ML.Internal;

/// <summary>How the value of a member of a user's type becomes a column's value, and back.</summary>
internal abstract class MemberConversion
{
    public static MemberConversion Create(Type memberType, DataViewType columnType)
    {
        ulong keys = columnType.GetItemType().GetKeyCount();
        if (memberType == typeof(string))
            return new TextConversion();
        if (memberType == typeof(string[]))
            return new TextArrayConversion();
        if (memberType.IsArray)
            return Make(typeof(ArrayConversion<>), memberType.GetElementType());
        if (memberType.IsGenericType && memberType.GetGenericTypeDefinition() == typeof(VBuffer<>))
            return Make(typeof(BufferConversion<>), memberType.GetGenericArguments()[0]);
        return keys > 0 ? Make(typeof(KeyConversion<>), memberType, keys) : Make(typeof(DirectConversion<>), memberType);
    }

    /// <summary>A <see cref="ValueGetter{TValue}"/> of the column over a <see cref="Func{TResult}"/> of the member's value.</summary>
    public abstract Delegate CreateGetter(Delegate read);

    /// <summary>A <see cref="Func{TResult}"/> of the member's value over a row's column.</summary>
    public abstract Delegate CreateReader(DataViewRow row, DataViewSchema.Column column);

    private static MemberConversion Make(Type type, Type argument, params object[] arguments)
        => (MemberConversion)Activator.CreateInstance(type.MakeGenericType(argument), arguments);

    private abstract class Conversion<TMember, TValue> : MemberConversion
    {
        public sealed override Delegate CreateGetter(Delegate read)
        {
            Func<TMember> current = (Func<TMember>)read;
            return (ValueGetter<TValue>)((ref TValue value) => ToColumn(current(), ref value));
        }

        public sealed override Delegate CreateReader(DataViewRow row, DataViewSchema.Column column)
        {
            ValueGetter<TValue> getter = row.GetGetter<TValue>(column);
            TValue value = default;
            return (Func<TMember>)(() =>
            {
                getter(ref value);
                return FromColumn(value);
            });
        }

        protected abstract void ToColumn(TMember member, ref TValue value);

        protected abstract TMember FromColumn(in TValue value);
    }

    private sealed class DirectConversion<T> : Conversion<T, T>
    {
        protected override void ToColumn(T member, ref T value) => value = member;

        protected override T FromColumn(in T value) => value;
    }

    /// <summary>A member counts keys from 0, a column from 1; a key beyond the count is a missing one.</summary>
    private sealed class KeyConversion<T>(ulong count) : Conversion<T, T>
        where T : IConvertible
    {
        protected override void ToColumn(T member, ref T value) => value = member.ToUInt64(null) is ulong key && key < count ? (T)Convert.ChangeType(key + 1, typeof(T)) : default;

        protected override T FromColumn(in T value) => value;
    }

    private sealed class TextConversion : Conversion<string, ReadOnlyMemory<char>>
    {
        protected override void ToColumn(string member, ref ReadOnlyMemory<char> value) => value = member.AsMemory();

        protected override string FromColumn(in ReadOnlyMemory<char> value) => value.ToString();
    }

    private sealed class TextArrayConversion : Conversion<string[], VBuffer<ReadOnlyMemory<char>>>
    {
        protected override void ToColumn(string[] member, ref VBuffer<ReadOnlyMemory<char>> value)
        {
            VBufferEditor<ReadOnlyMemory<char>> editor = VBufferEditor.Create(ref value, member?.Length ?? 0);
            for (int i = 0; i < editor.Values.Length; i++)
                editor.Values[i] = member[i].AsMemory();
            value = editor.Commit();
        }

        protected override string[] FromColumn(in VBuffer<ReadOnlyMemory<char>> value) => [.. value.DenseValues().Select(text => text.ToString())];
    }

    private sealed class ArrayConversion<T> : Conversion<T[], VBuffer<T>>
    {
        protected override void ToColumn(T[] member, ref VBuffer<T> value) => VBuffer<T>.Copy(member ?? [], 0, ref value, member?.Length ?? 0);

        protected override T[] FromColumn(in VBuffer<T> value)
        {
            T[] array = new T[value.Length];
            value.CopyTo(array);
            return array;
        }
    }

    private sealed class BufferConversion<T> : Conversion<VBuffer<T>, VBuffer<T>>
    {
        protected override void ToColumn(VBuffer<T> member, ref VBuffer<T> value) => member.CopyTo(ref value);

        protected override VBuffer<T> FromColumn(in VBuffer<T> value)
        {
            VBuffer<T> copy = default;
            value.CopyTo(ref copy);
            return copy;
        }
    }
}
