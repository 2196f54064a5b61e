using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>A field or property of a user's type and the column it stands for.</summary>
internal sealed record TypedMember(MemberInfo Member, string ColumnName, DataViewType ColumnType, DataViewSchema.Annotations Annotations)
{
    public Type MemberType => TypeOfValue(Member);

    /// <summary>The members of a type, as its attributes or a schema definition say.</summary>
    public static TypedMember[] Create(Type userType, SchemaDefinition definition, SchemaDefinition.Direction direction)
        => [.. (definition ?? SchemaDefinition.Create(userType, direction)).Select(column => FromDefinition(userType, column))];

    public static DataViewSchema Schema(IEnumerable<TypedMember> members)
    {
        DataViewSchema.Builder builder = new();
        foreach (TypedMember member in members)
            builder.AddColumn(member.ColumnName, member.ColumnType, member.Annotations);
        return builder.ToSchema();
    }

    /// <summary>A definition whose columns have the types and annotations of a schema; each must have a member.</summary>
    public static SchemaDefinition Match(Type userType, DataViewSchema schema)
    {
        SchemaDefinition definition = SchemaDefinition.Create(userType, SchemaDefinition.Direction.Read);
        foreach (DataViewSchema.Column column in schema)
        {
            SchemaDefinition.Column member = definition[column.Name] ?? throw Contracts.Except($"Type should contain a member named {column.Name}");
            member.ColumnType = column.Type;
            member.AddAnnotations(column.Annotations);
        }

        return definition;
    }

    public static IEnumerable<MemberInfo> MembersOf(Type userType, SchemaDefinition.Direction direction)
    {
        IEnumerable<MemberInfo> fields = userType.GetFields(BindingFlags.Public | BindingFlags.Instance);
        IEnumerable<MemberInfo> properties = userType.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property =>
            property.GetIndexParameters().Length == 0
            && ((direction.HasFlag(SchemaDefinition.Direction.Read) && property.GetGetMethod() is not null)
                || (direction.HasFlag(SchemaDefinition.Direction.Write) && property.GetSetMethod() is not null)));
        return fields.Concat(properties).Where(member =>
            member.GetCustomAttribute<NoColumnAttribute>() is null && TypeOfValue(member) != typeof(IChannel));
    }

    public static DataViewType TypeOf(MemberInfo member)
    {
        ItemType(member, out bool isVector, out Type itemType);
        PrimitiveDataViewType primitive = member.GetCustomAttribute<KeyTypeAttribute>() is KeyTypeAttribute key
            ? KeyDataViewType.IsValidDataType(itemType)
                ? new KeyDataViewType(itemType, key.Count)
                : throw Contracts.ExceptParam(
                    "userType", $"Member {member.Name} marked with KeyType attribute, but does not appear to be a valid kind of data for a key type")
            : ColumnTypeExtensions.PrimitiveTypeFromType(itemType);
        VectorTypeAttribute vector = member.GetCustomAttribute<VectorTypeAttribute>();
        Contracts.CheckParam(
            vector is null || isVector, "userType", $"Member {member.Name} marked with {nameof(VectorTypeAttribute)}, but does not appear to be a vector type");
        if (!isVector)
            return primitive;
        return vector?.Dimensions is { Length: > 0 } dimensions ? new VectorDataViewType(primitive, dimensions) : new VectorDataViewType(primitive, 0);
    }

    /// <summary>Whether a column can be bound to this member: both vectors or both scalars, of the same raw type.</summary>
    public bool Accepts(DataViewType columnType)
    {
        ItemType(Member, out bool isVector, out Type itemType);
        return isVector == columnType is VectorDataViewType && columnType.GetItemType().RawType == itemType;
    }

    /// <summary>A getter of an annotation's value: a scalar, a string, an array or a buffer.</summary>
    public static Delegate ConstantGetter<T>(T value, DataViewType type)
        => MemberConversion.Create(typeof(T), type).CreateGetter(() => value);

    private static TypedMember FromDefinition(Type userType, SchemaDefinition.Column column)
    {
        MemberInfo member = userType.GetMember(column.MemberName, BindingFlags.Public | BindingFlags.Instance).FirstOrDefault()
            ?? throw Contracts.ExceptParam(
                "userSchemaDefinition", $"No field or property with name '{column.MemberName}' found in type '{userType.FullName}'");
        DataViewType type = column.ColumnType ?? TypeOf(member);
        TypedMember result = new(member, column.ColumnName ?? member.Name, type, column.Annotations);
        ItemType(member, out bool isVector, out Type itemType);
        Contracts.CheckParam(
            isVector == type is VectorDataViewType,
            "userSchemaDefinition",
            $"Column '{result.ColumnName}' is supposed to be {(isVector ? "scalar" : "vector")}, but type of associated field '{member.Name}' is {(isVector ? "vector" : "scalar")}");
        Contracts.CheckParam(
            result.Accepts(type),
            "userSchemaDefinition",
            $"Column '{result.ColumnName}' is supposed to have item type {type.GetItemType().RawType}, but associated field has type {itemType}");
        return result;
    }

    private static Type TypeOfValue(MemberInfo member) => member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;

    private static void ItemType(MemberInfo member, out bool isVector, out Type itemType)
    {
        Type type = TypeOfValue(member);
        isVector = type.IsArray || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(VBuffer<>));
        itemType = type.IsArray ? type.GetElementType() : isVector ? type.GetGenericArguments()[0] : type;
        itemType = itemType == typeof(string) ? typeof(ReadOnlyMemory<char>) : itemType;
        Contracts.CheckParam(
            ColumnTypeExtensions.PrimitiveTypeFromType(itemType) is not null,
            "rawType",
            $"Could not determine an IDataView type and registered custom types for member {member.Name}");
    }
}
