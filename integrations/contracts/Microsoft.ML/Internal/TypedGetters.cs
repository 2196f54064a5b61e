using System.Linq.Expressions;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>Reads objects of a user's type as columns, and writes columns to them.</summary>
internal static class TypedGetters
{
    /// <summary>The getter of a member's column over the object that <paramref name="current"/> gives.</summary>
    public static Delegate Create<TRow>(TypedMember member, Func<TRow> current)
    {
        Expression value = Expression.MakeMemberAccess(Expression.Invoke(Expression.Constant(current)), member.Member);
        Delegate read = Expression.Lambda(typeof(Func<>).MakeGenericType(member.MemberType), value).Compile();
        return MemberConversion.Create(member.MemberType, member.ColumnType).CreateGetter(read);
    }

    /// <summary>The members that a view has columns for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing and may not be.</exception>
    /// <exception cref="InvalidOperationException">A column does not fit its member.</exception>
    public static TypedMember[] Bind(DataViewSchema schema, TypedMember[] members, bool ignoreMissingColumns)
    {
        List<TypedMember> found = [];
        foreach (TypedMember member in members)
        {
            if (schema.GetColumnOrNull(member.ColumnName) is not DataViewSchema.Column column)
            {
                if (ignoreMissingColumns)
                    continue;
                throw Contracts.ExceptSchemaMismatch("Schema", "", member.ColumnName);
            }

            Contracts.Check(
                member.Accepts(column.Type),
                $"Can't bind the IDataView column '{member.ColumnName}' of type '{column.Type}' to field or property '{member.Member.Name}' of type '{member.MemberType.FullName}'.");
            found.Add(member);
        }

        return [.. found];
    }

    /// <summary>An action that fills an object from the row's current values.</summary>
    public static Action<TRow> CreateFill<TRow>(DataViewRow row, TypedMember[] members)
    {
        ParameterExpression target = Expression.Parameter(typeof(TRow));
        List<Expression> assignments = [Expression.Empty()];
        foreach (TypedMember member in members)
        {
            DataViewSchema.Column column = row.Schema[member.ColumnName];
            Delegate read = MemberConversion.Create(member.MemberType, column.Type).CreateReader(row, column);
            assignments.Add(Expression.Assign(Expression.MakeMemberAccess(target, member.Member), Expression.Invoke(Expression.Constant(read))));
        }

        return Expression.Lambda<Action<TRow>>(Expression.Block(assignments), target).Compile();
    }
}
