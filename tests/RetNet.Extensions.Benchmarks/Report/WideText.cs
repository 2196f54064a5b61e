using OxyPlot;

namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>Measures text for the fonts of a reader's machine, which are wider than what OxyPlot takes them for without them.</summary>
internal sealed class WideText() : PdfRenderContext(1, 1, OxyColors.White)
{
    private const double Wider = 1.6;

    public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight)
    {
        OxySize size = base.MeasureText(text, fontFamily, fontSize, fontWeight);
        return new OxySize(size.Width * Wider, size.Height);
    }
}
