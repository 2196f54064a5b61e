using System.CommandLine;
using RetNet.Extensions.Core.Engines;

namespace RetNet.Extensions.Tool.Training;

/// <summary>The options that define the shape of a new model, or name an existing one to train further.</summary>
/// <param name="width">The default width.</param>
/// <param name="layers">The default number of blocks.</param>
/// <param name="headWidth">Width for each head of the default number of heads.</param>
internal sealed class ShapeArguments(int width, int layers, int headWidth)
{
    private readonly Option<string?> _from = new("--from")
    {
        HelpName = "CHECKPOINT",
        Description = "A model to train further instead of a new one.",
    };
    private readonly Option<string?> _architecture = OptionKinds.Choice(
        "--architecture", "The new model's family. Default: retnet.", "retnet", "llama");
    private readonly Option<int?> _width = OptionKinds.Integer("--dim", "D", $"The new model's width. Default: {width}.", 2, 1 << 16);
    private readonly Option<int?> _layers = OptionKinds.Integer(
        "--layers", "L", $"The number of blocks of the new model. Default: {layers}.", 1, 1024);
    private readonly Option<int?> _heads = OptionKinds.Integer(
        "--heads", "H", $"The number of heads of the new model. Default: one for every {headWidth} of --dim.", 1, 1 << 16);

    /// <summary>The option <c>--from</c>.</summary>
    public Option<string?> From => _from;

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_from, _architecture, _width, _layers, _heads])
            command.Add(option);
    }

    /// <summary>Refuses options that contradict each other.</summary>
    public void Check(ParseResult parse)
    {
        if (parse.GetValue(_from) is null)
            return;
        foreach (Option option in (Option[])[_architecture, _width, _layers, _heads])
        {
            if (parse.GetResult(option) is not null)
                throw new CommandException($"{option.Name} applies to a new model only; --from names an existing one.");
        }
    }

    /// <summary>The new model's family.</summary>
    public string Architecture(ParseResult parse) => parse.GetValue(_architecture) ?? ModelFamily.RetNet.Name;

    /// <summary>The new model's width, blocks and heads.</summary>
    public (int Width, int Layers, int Heads) Dimensions(ParseResult parse)
    {
        int d = parse.GetValue(_width) ?? width;
        int heads = parse.GetValue(_heads) ?? Math.Max(1, d / headWidth);
        return d % (2 * heads) == 0
            ? (d, parse.GetValue(_layers) ?? layers, heads)
            : throw new CommandException($"--dim is {d}; expected a multiple of {2 * heads}, an even width for each of {heads} heads.");
    }
}
