using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace RetNet.Extensions.AspNetCore.Page;

/// <summary>The files of the chat page, which the assembly carries.</summary>
internal static class ChatPage
{
    private const string Folder = "page/";
    private const string Document = "index.html";
    private const string ApiPlace = "{api}";

    // Nothing from elsewhere, nothing inline, and no other site may frame the page.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    /// <summary>The names of the files beside the document.</summary>
    public static IEnumerable<string> Files => Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name != Folder + Document)
        .Select(name => name[Folder.Length..]);

    /// <summary>Answers with the document.</summary>
    /// <param name="context">The request. Without a slash at its end it is sent to the path with one, beside which the files are.</param>
    /// <param name="prefix">Where the endpoints are that the page calls, such as <c>/v1</c>.</param>
    public static Task WriteDocumentAsync(HttpContext context, string prefix)
    {
        if (context.Request.Path.Value?.EndsWith('/') != true)
        {
            context.Response.Redirect($"{context.Request.PathBase}{context.Request.Path}/{context.Request.QueryString}");
            return Task.CompletedTask;
        }

        string api = HtmlEncoder.Default.Encode(context.Request.PathBase.Add(prefix).Value!);
        string document = Encoding.UTF8.GetString(Read(Document)).Replace(ApiPlace, api, StringComparison.Ordinal);
        return WriteAsync(context, Document, Encoding.UTF8.GetBytes(document));
    }

    /// <summary>Answers with a file.</summary>
    public static Task WriteFileAsync(HttpContext context, string file) => WriteAsync(context, file, Read(file));

    private static Task WriteAsync(HttpContext context, string file, byte[] content)
    {
        IHeaderDictionary headers = context.Response.Headers;
        string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(content)[..12])}\"";
        headers.ETag = tag;
        headers.CacheControl = "no-cache";
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        context.Response.ContentType = ContentTypes[Path.GetExtension(file)];
        context.Response.ContentLength = content.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask();
    }

    private static byte[] Read(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + file)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
