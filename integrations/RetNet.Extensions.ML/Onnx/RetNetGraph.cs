using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.ML.Onnx;

/// <summary>
/// A RetNet in its recurrent form (arXiv 2307.08621, section 2.1) as a graph of ONNX operators: from the tokens of a text to its hidden
/// states, T tokens in time and memory linear in T.
/// </summary>
internal sealed class RetNetGraph
{
    // One file has at most 2 GiB; some room is left for the operators.
    private const long MostParameters = (int.MaxValue - (16 << 20)) / sizeof(float);

    private readonly OnnxGraph _graph = new("retnet");
    private readonly RetNetConfiguration _c;
    private readonly RetNetLayout _layout;
    private readonly CheckpointWeights _weights;
    private readonly RetNetBuffers _buffers;
    private readonly string _hidden;

    private RetNetGraph(RetNetConfiguration c, Checkpoint checkpoint)
    {
        (_c, _layout) = (c, new RetNetLayout(c));
        _weights = new CheckpointWeights(_layout, checkpoint);
        _buffers = RetNetBuffers.Read(c, _layout, _weights.Buffer);
        _hidden = Hidden(_graph.AddTokens("tokens"));
    }

    /// <summary>Builds the graph of a model.</summary>
    /// <param name="checkpoint">Its weights, which are read when the graph is written, in float32.</param>
    /// <exception cref="InvalidOperationException">It is another kind of model, or too large.</exception>
    public static RetNetGraph Of(Checkpoint checkpoint)
    {
        ModelFamily family = ModelFamily.Of(checkpoint);
        if (family != ModelFamily.RetNet)
            throw new InvalidOperationException($"The model is of the family {family.Name}; an ONNX file can be written of a RetNet.");
        RetNetConfiguration c = RetNetConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        long parameters = new RetNetLayout(c).Weights.Sum(weight => weight.Length);
        return parameters <= MostParameters ? new RetNetGraph(c, checkpoint) : throw new InvalidOperationException(
            $"The model has {parameters} parameters; an ONNX file can be written of {MostParameters} at most.");
    }

    private bool IsTorchScale => _c.Dialect == RetNetDialect.TorchScale;

    /// <summary>Adds the output <c>embedding</c>, <c>[d]</c>.</summary>
    public RetNetGraph Embed(EmbeddingPooling pooling, bool normalize)
    {
        string pooled = Pool(pooling);
        if (normalize)
        {
            string length = _graph.Apply("ReduceL2", [pooled], OnnxGraph.Axes(-1));
            pooled = _graph.Apply("Div", [pooled, _graph.Apply("Max", [length, Scalar(1e-30f)])]);
        }

        _graph.AddOutput("embedding", pooled, _c.Width);
        return this;
    }

    /// <summary>Adds the output <c>score</c>, <c>[K]</c>.</summary>
    /// <param name="head">The trained head with K outputs.</param>
    /// <param name="asProbabilities">Whether a softmax follows it.</param>
    public RetNetGraph Score(ScoringHead head, bool asProbabilities)
    {
        string row = _graph.Apply("Reshape", [Pool(EmbeddingPooling.Mean), _graph.AddVector(1, -1)]);
        string weight = _graph.AddConstant([.. head.Weight], head.Outputs, head.Width);
        string score = _graph.Apply("Gemm", [row, weight, _graph.AddConstant([.. head.Bias], head.Outputs)], OnnxGraph.Number("transB", 1));
        score = _graph.Apply("Reshape", [score, _graph.AddVector(-1)]);
        _graph.AddOutput("score", asProbabilities ? _graph.Apply("Softmax", [score], OnnxGraph.Number("axis", -1)) : score, head.Outputs);
        return this;
    }

    /// <summary>Writes the model.</summary>
    public void WriteTo(Stream stream) => _graph.WriteTo(stream);

    /// <summary><c>[T]</c> → <c>[T × d]</c>.</summary>
    private string Hidden(string tokens)
    {
        string x = _graph.Apply("Gather", [Weight(_layout.Embedding), tokens]);
        if (_c.EmbeddingScale != 1)
            x = _graph.Apply("Mul", [x, Scalar(_c.EmbeddingScale)]);
        if (_layout.EmbeddingNorm is not null)
            x = Normalize(x, _layout.EmbeddingNorm);
        Tables tables = TablesOf(tokens);
        string decay = _graph.AddConstant([.. _buffers.LogDecay.Select(MathF.Exp)], _c.Heads, 1, 1);
        OnnxGraph step = Recurrence(decay);
        foreach (RetNetLayerLayout layer in _layout.Layers)
        {
            x = _graph.Apply("Add", [x, Retention(Normalize(x, layer.MixingNorm), layer, tables, step)]);
            x = _graph.Apply("Add", [x, FeedForward(Normalize(x, layer.FeedForwardNorm), layer)]);
        }

        return Normalize(x, _layout.FinalNorm);
    }

    private Tables TablesOf(string tokens)
    {
        string positions = _graph.Apply("Range", [_graph.AddNumber(0), _graph.Apply("Size", [tokens]), _graph.AddNumber(1)]);
        const int FloatType = 1;
        positions = _graph.Apply("Cast", [positions], OnnxGraph.Number("to", FloatType));
        positions = _graph.Apply("Reshape", [positions, _graph.AddVector(-1, 1, 1)]);
        string angles = _graph.Apply("Mul", [positions, _graph.AddConstant(_buffers.Frequencies, _buffers.Frequencies.Length)]);
        return new(_graph.Apply("Cos", [angles]), _graph.Apply("Sin", [angles]), IsTorchScale ? RootSums(positions) : null);
    }

    /// <summary>√s_n of each head at each position, s_n = Σ γ^j over j ≤ n, <c>[T × H × 1]</c>.</summary>
    private string RootSums(string positions)
    {
        string logDecay = _graph.AddConstant(_buffers.LogDecay, _c.Heads, 1);
        string powers = _graph.Apply("Exp", [_graph.Apply("Mul", [positions, logDecay])]);
        return _graph.Apply("Sqrt", [_graph.Apply("CumSum", [powers, _graph.AddNumber(0)])]);
    }

    /// <summary>One token of all heads: S ← γ S + kᵀ v, o = q S.</summary>
    private static OnnxGraph Recurrence(string decay)
    {
        OnnxGraph step = new("step");
        (string state, string query, string key, string value) =
            (step.AddInput("state"), step.AddInput("query"), step.AddInput("key"), step.AddInput("value"));
        string next = step.Apply("Add", [step.Apply("Mul", [state, decay]), step.Apply("MatMul", [key, value])]);
        step.AddOutput("next_state", next);
        step.AddOutput("retained", step.Apply("MatMul", [query, next]));
        return step;
    }

    /// <summary>W_o ( RMSNorm_head( Retention(q, k, v) ) ⊙ silu(W_g n) ).</summary>
    private string Retention(string n, RetNetLayerLayout layer, Tables tables, OnnxGraph step)
    {
        string scale = Scalar(1 / MathF.Sqrt(_c.KeyWidth));
        string query = Rotate(_graph.Apply("Mul", [Heads(Linear(n, layer.Query), _c.Heads, _c.KeyWidth), scale]), tables);
        string key = Shared(Rotate(Heads(Linear(n, layer.Key), _c.KeyValueHeads, _c.KeyWidth), tables));
        string value = Shared(Heads(Linear(n, layer.Value), _c.KeyValueHeads, _c.ValueWidth));
        string nothing = _graph.AddConstant(new float[_c.Heads * _c.KeyWidth * _c.ValueWidth], _c.Heads, _c.KeyWidth, _c.ValueWidth);
        string[] scanned = _graph.Apply(
            "Scan",
            [
                nothing,
                _graph.Apply("Reshape", [query, _graph.AddVector(-1, _c.Heads, 1, _c.KeyWidth)]),
                _graph.Apply("Reshape", [key, _graph.AddVector(-1, _c.Heads, _c.KeyWidth, 1)]),
                _graph.Apply("Reshape", [value, _graph.AddVector(-1, _c.Heads, 1, _c.ValueWidth)]),
            ],
            outputs: 2, OnnxGraph.Number("num_scan_inputs", 3), OnnxGraph.Body("body", step));
        string retained = Heads(scanned[1], _c.Heads, _c.ValueWidth);
        if (tables.RootSums is not null)
            retained = _graph.Apply("Div", [retained, tables.RootSums]);
        retained = Normalize(retained, layer.HeadNorm);
        retained = _graph.Apply("Reshape", [retained, _graph.AddVector(-1, _c.Heads * _c.ValueWidth)]);
        if (layer.Gate is not null)
            retained = _graph.Apply("Mul", [retained, Silu(Linear(n, layer.Gate))]);
        return Linear(retained, layer.OutputWeight);
    }

    /// <summary>W_down ( act(W_gate n) ⊙ W_up n ).</summary>
    private string FeedForward(string n, RetNetLayerLayout layer)
    {
        GatedLayout network = (GatedLayout)layer.FeedForward;
        string gate = Activate(Linear(n, network.Gate));
        return Linear(_graph.Apply("Mul", [gate, Linear(n, network.Up)]), network.Down);
    }

    /// <summary>Turns the pairs of every head, <c>[T × heads × dk]</c>: a value and the one half a head behind it, or its
    /// neighbour.</summary>
    private string Rotate(string x, Tables tables)
    {
        int pairs = _c.KeyWidth / 2;
        string paired = _graph.Apply("Reshape", [x, IsTorchScale ? _graph.AddVector(0, 0, pairs, 2) : _graph.AddVector(0, 0, 2, pairs)]);
        ProtoMessage axis = OnnxGraph.Number("axis", IsTorchScale ? 3 : 2);
        string one = _graph.Apply("Gather", [paired, _graph.AddNumber(0)], axis);
        string other = _graph.Apply("Gather", [paired, _graph.AddNumber(1)], axis);
        string first = _graph.Apply("Sub", [_graph.Apply("Mul", [one, tables.Cosines]), _graph.Apply("Mul", [other, tables.Sines])]);
        string second = _graph.Apply("Add", [_graph.Apply("Mul", [other, tables.Cosines]), _graph.Apply("Mul", [one, tables.Sines])]);
        string at = _graph.AddVector(IsTorchScale ? 3 : 2);
        string turned = _graph.Apply(
            "Concat", [_graph.Apply("Unsqueeze", [first, at]), _graph.Apply("Unsqueeze", [second, at])], axis);
        return _graph.Apply("Reshape", [turned, _graph.AddVector(0, 0, _c.KeyWidth)]);
    }

    // Consecutive query heads share a key and value head.
    private string Shared(string x)
    {
        if (_c.KeyValueHeads == _c.Heads)
            return x;
        long[] heads = [.. Enumerable.Range(0, _c.Heads).Select(head => (long)(head * _c.KeyValueHeads / _c.Heads))];
        return _graph.Apply("Gather", [x, _graph.AddVector(heads)], OnnxGraph.Number("axis", 1));
    }

    private string Normalize(string x, WeightDeclaration? weight)
    {
        string square = _graph.Apply("ReduceMean", [_graph.Apply("Mul", [x, x])], OnnxGraph.Axes(-1));
        string root = _graph.Apply("Sqrt", [_graph.Apply("Add", [square, Scalar(_c.NormEpsilon)])]);
        string normal = _graph.Apply("Div", [x, root]);
        return weight is null ? normal : _graph.Apply("Mul", [normal, Weight(weight)]);
    }

    private string Pool(EmbeddingPooling pooling) => pooling switch
    {
        EmbeddingPooling.Mean => _graph.Apply("ReduceMean", [_hidden], OnnxGraph.Axes(0), OnnxGraph.Number("keepdims", 0)),
        EmbeddingPooling.LastToken => _graph.Apply("Gather", [_hidden, _graph.AddNumber(-1)]),
        _ => throw new InvalidOperationException($"The pooling is {pooling}; an ONNX file can be written of Mean and LastToken."),
    };

    private string Activate(string x) => _c.Activation switch
    {
        RetNetActivation.Gelu => _graph.Apply("Mul", [_graph.Apply("Mul", [x, Scalar(0.5f)]),
            _graph.Apply("Add", [_graph.Apply("Erf", [_graph.Apply("Mul", [x, Scalar(MathF.Sqrt(0.5f))])]), Scalar(1)])]),
        RetNetActivation.Relu => _graph.Apply("Relu", [x]),
        _ => Silu(x),
    };

    private string Silu(string x) => _graph.Apply("Mul", [x, _graph.Apply("Sigmoid", [x])]);

    private string Linear(string x, WeightDeclaration weight) =>
        _graph.Apply("Gemm", [x, Weight(weight)], OnnxGraph.Number("transB", 1));

    private string Heads(string x, int heads, int width) => _graph.Apply("Reshape", [x, _graph.AddVector(-1, heads, width)]);

    private string Scalar(float value) => _graph.AddConstant([value]);

    private string Weight(WeightDeclaration weight)
    {
        return _graph.AddConstant(weight.Length, Read, [.. weight.Shape.Select(dimension => (long)dimension)]);

        float[] Read()
        {
            float[] values = new float[weight.Length];
            _weights[weight].CopyTo(values);
            return values;
        }
    }

    /// <summary>What depends on positions alone.</summary>
    /// <param name="Cosines">Of the rotation, <c>[T × 1 × dk/2]</c>.</param>
    /// <param name="Sines">Of the rotation, <c>[T × 1 × dk/2]</c>.</param>
    /// <param name="RootSums">torchscale's divisor of retention in the recurrent form, <c>[T × H × 1]</c>; null for none.</param>
    private sealed record Tables(string Cosines, string Sines, string? RootSums);
}
