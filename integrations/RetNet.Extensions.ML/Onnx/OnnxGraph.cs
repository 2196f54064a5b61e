namespace RetNet.Extensions.ML.Onnx;

/// <summary>Builds a graph of ONNX operators (onnx.proto3, IR version 8, opset 17). Values are known by their names.</summary>
/// <param name="name">The graph's name, which the names of its inner values begin with.</param>
internal sealed class OnnxGraph(string name)
{
    private const int IrVersion = 8;
    private const int OperatorSet = 17;
    private const int FloatType = 1;
    private const int Int64Type = 7;
    private const int BufferBytes = 1 << 16;

    private readonly ProtoMessage _graph = new ProtoMessage().Add(2, name);
    private int _values;

    /// <summary>Adds an input of token ids.</summary>
    public string AddTokens(string input) => AddInput(input, Int64Type, Dimension("tokens"));

    /// <summary>Adds an input of numbers of any shape.</summary>
    public string AddInput(string input) => AddInput(input, FloatType, shape: null);

    /// <summary>Adds a constant tensor.</summary>
    /// <param name="values">Its values, the last dimension fastest.</param>
    /// <param name="shape">Its dimensions; none for a scalar.</param>
    public string AddConstant(float[] values, params ReadOnlySpan<long> shape) => AddConstant(values.Length, () => values, shape);

    /// <summary>Adds a constant tensor whose values are read when the model is written.</summary>
    /// <param name="count">The number of values.</param>
    /// <param name="read">Gives them, the last dimension fastest.</param>
    /// <param name="shape">Its dimensions.</param>
    public string AddConstant(long count, Func<float[]> read, params ReadOnlySpan<long> shape) =>
        AddConstant(FloatType, shape, new ProtoMessage().Add(9, count, read));

    /// <summary>Adds a constant vector of whole numbers.</summary>
    public string AddVector(params ReadOnlySpan<long> values) =>
        AddConstant(Int64Type, [values.Length], AddAll(new ProtoMessage(), 7, values));

    /// <summary>Adds a constant whole number.</summary>
    public string AddNumber(long value) => AddConstant(Int64Type, [], new ProtoMessage().Add(7, value));

    /// <summary>Adds an operator with one output.</summary>
    /// <param name="type">The operator.</param>
    /// <param name="inputs">The names of its inputs.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>The name of its output.</returns>
    public string Apply(string type, string[] inputs, params ReadOnlySpan<ProtoMessage> attributes) =>
        Apply(type, inputs, outputs: 1, attributes)[0];

    /// <summary>Adds an operator with several outputs.</summary>
    /// <returns>The names of its outputs.</returns>
    public string[] Apply(string type, string[] inputs, int outputs, params ReadOnlySpan<ProtoMessage> attributes)
    {
        string[] results = [.. Enumerable.Range(0, outputs).Select(_ => NewName())];
        AddNode(type, inputs, results, attributes);
        return results;
    }

    /// <summary>Makes a value an output of the graph.</summary>
    /// <param name="output">The output's name.</param>
    /// <param name="value">The value.</param>
    /// <param name="length">The length of a vector; null for any shape.</param>
    public void AddOutput(string output, string value, int? length = null)
    {
        AddNode("Identity", [value], [output], []);
        _graph.Add(12, Value(output, FloatType, length is { } known ? new ProtoMessage().Add(1, known) : null));
    }

    /// <summary>An attribute that is a whole number.</summary>
    public static ProtoMessage Number(string attribute, long value) =>
        new ProtoMessage().Add(1, attribute).Add(3, value).Add(20, 2);

    /// <summary>The axes that an operator works on, a list of whole numbers.</summary>
    public static ProtoMessage Axes(params ReadOnlySpan<long> axes) => AddAll(new ProtoMessage().Add(1, "axes").Add(20, 7), 8, axes);

    /// <summary>An attribute that is a graph, the body of a loop.</summary>
    public static ProtoMessage Body(string attribute, OnnxGraph body) =>
        new ProtoMessage().Add(1, attribute).Add(20, 5).Add(6, body._graph);

    /// <summary>Writes a model of this graph.</summary>
    public void WriteTo(Stream stream)
    {
        BufferedStream buffered = new(stream, BufferBytes);
        new ProtoMessage()
            .Add(1, IrVersion)
            .Add(2, typeof(OnnxGraph).Assembly.GetName().Name!)
            .Add(8, new ProtoMessage().Add(1, "").Add(2, OperatorSet))
            .Add(7, _graph)
            .WriteTo(buffered);

        // Disposing it would close the stream.
        buffered.Flush();
    }

    private string NewName() => $"{name}_{_values++}";

    private string AddInput(string input, int type, ProtoMessage? shape)
    {
        _graph.Add(11, Value(input, type, shape));
        return input;
    }

    private string AddConstant(int type, ReadOnlySpan<long> shape, ProtoMessage tensor)
    {
        string constant = NewName();
        _graph.Add(5, AddAll(tensor, 1, shape).Add(2, type).Add(8, constant));
        return constant;
    }

    private void AddNode(string type, string[] inputs, string[] outputs, ReadOnlySpan<ProtoMessage> attributes)
    {
        ProtoMessage node = new ProtoMessage().Add(4, type);
        foreach (string input in inputs)
            node.Add(1, input);
        foreach (string output in outputs)
            node.Add(2, output);
        foreach (ProtoMessage attribute in attributes)
            node.Add(5, attribute);
        _graph.Add(1, node);
    }

    private static ProtoMessage AddAll(ProtoMessage message, int field, ReadOnlySpan<long> values)
    {
        foreach (long value in values)
            message.Add(field, value);
        return message;
    }

    private static ProtoMessage Dimension(string symbol) => new ProtoMessage().Add(2, symbol);

    // A value's name and type; the type has the shape of a vector, or none.
    private static ProtoMessage Value(string value, int type, ProtoMessage? dimension)
    {
        ProtoMessage tensor = new ProtoMessage().Add(1, type);
        if (dimension is not null)
            tensor.Add(2, new ProtoMessage().Add(1, dimension));
        return new ProtoMessage().Add(1, value).Add(2, new ProtoMessage().Add(1, tensor));
    }
}
