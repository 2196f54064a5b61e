using System.Text;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Tests.Grammars;

public class GbnfTests
{
    private const string Json = """
        # Objects and arrays hold values; white space may follow each part.
        root   ::= object
        value  ::= object | array | string | number | ("true" | "false" | "null") ws
        object ::= "{" ws ( member ("," ws member)* )? "}" ws
        member ::= string ":" ws value
        array  ::= "[" ws ( value ("," ws value)* )? "]" ws
        string ::= "\"" (
            [^"\\\x7F\x00-\x1F] |
            "\\" (["\\bfnrt/] | "u" [0-9a-fA-F]{4})   # an escape
          )* "\"" ws
        number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
        ws ::= | " " | "\n" [ \t]{0,20}
        """;

    private const string List = """
        root ::= item+
        # Excludes the line separators of Unicode, too.
        item ::= "- " [^\r\n\x0b\x0c\x85\u2028\u2029]+ "\n"
        """;

    private const string Arithmetic = """
        root  ::= (expr "=" ws term "\n")+
        expr  ::= term ([-+*/] term)*
        term  ::= ident | num | "(" ws expr ")" ws
        ident ::= [a-z] [a-z0-9_]* ws
        num   ::= [0-9]+ ws
        ws    ::= [ \t\n]*
        """;

    private const string Chess = """
        # Moves in short notation, two to a line.
        root ::= "1. " move " " move "\n" ([1-9] [0-9]? ". " move " " move "\n")+
        move ::= (pawn | nonpawn | castle) [+#]?
        nonpawn ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
        pawn ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
        castle ::= "O-O" "-O"?
        """;

    private const string C = """
        root ::= declaration*
        declaration ::= dataType identifier "(" parameter? ")" "{" statement* "}"
        dataType ::= "int" ws | "float" ws | "char" ws
        identifier ::= [a-zA-Z_] [a-zA-Z_0-9]*
        parameter ::= dataType identifier
        statement ::=
            dataType identifier ws "=" ws expression ";" |
            identifier ws "=" ws expression ";" |
            identifier ws "(" argList? ")" ";" |
            "return" ws expression ";" |
            "while" "(" condition ")" "{" statement* "}" |
            "if" "(" condition ")" "{" statement* "}" ("else" "{" statement* "}")? |
            singleLineComment | multiLineComment
        condition ::= expression relation expression
        relation ::= "<=" | "<" | "==" | "!=" | ">=" | ">"
        expression ::= term (("+" | "-") term)*
        term ::= factor (("*" | "/") factor)*
        factor ::= identifier | number | unaryTerm | funcCall | "(" expression ")"
        unaryTerm ::= "-" factor
        funcCall ::= identifier "(" argList? ")"
        argList ::= expression ("," ws expression)*
        number ::= [0-9]+
        singleLineComment ::= "//" [^\n]* "\n"
        multiLineComment ::= "/*" ( [^*] | ("*" [^/]) )* "*/"
        ws ::= [ \t\n]+
        """;

    [Theory]
    [InlineData(Json, "{}", "{\"a\":1", "[]")]
    [InlineData(Json, "{\"a\": [1.5, \"x\\n\", {\"b\": null}], \"c\": -2e+7}", "", "{\"a\" 1}")]
    [InlineData(List, "- one\n- two\n", "- one\n- ", "one")]
    [InlineData(Arithmetic, "(x +1)*2= y1\n3=3\n", "(x +1", "1+=2\n")]
    [InlineData(Chess, "1. e4 e5\n2. Nf3 Nc6\n3. O-O exd4+\n", "1. e4 e5\n", "1. e9 e5\n")]
    [InlineData(C, "int f(int x){return x+g(2, -y);}", "int f(){while(a<=b){f ();", "int f(){return;}")]
    [InlineData("root ::= \"é\" . [α-ω]{2} [\\U0001F600\\u0041\\x42]", "é漢αβ😀", "é漢α", "é漢αa")]
    [InlineData("root ::= a{2,} b{,1}", "", "", "", true)]
    [InlineData("root ::= \"a\"{2,3} \"b\"?", "aab", "a", "b")]
    [InlineData("root ::= (\n \"a\" # one\n | \"b\"\n)\n\nother ::= root", "a", "", "c")]
    [InlineData("root ::= \"x\" root | ", "xx", "x", "y")]
    [InlineData("root ::= \"(\" root \")\" | never | \"\"\nnever ::= \"n\" never", "(())", "((", "n")]
    [InlineData("root ::= ws \"a\"\nws ::= (\" \" ws)?", "  a", " ", "b")]
    [InlineData("root ::= (\"(\" root \")\")?{3}", "()()(())", "(()()", "()()()(")]
    [InlineData("root ::= (item | \"\"){2} \".\"\nitem ::= \"(\" root \")\"", "(.)((.).).", "(.)(", "(.)(.)(")]
    [InlineData("root ::= (\"(\" root \")\")?{0,1000} \".\"", "(((.).)(.).).", "(((((", "(((.))")]
    public void A_written_grammar_allows_its_texts(string grammar, string whole, string part, string wrong, bool isMalformed = false)
    {
        if (isMalformed)
        {
            Assert.Throws<GrammarException>(() => Grammar.FromGbnf(grammar));
            return;
        }

        Assert.Equal((true, true), Read(grammar, whole));
        Assert.True(Read(grammar, part).IsAllowed);
        Assert.False(Read(grammar, wrong).IsAllowed);
    }

    [Theory]
    [InlineData("start ::= \"a\"", "", "'root'")]
    [InlineData("root ::= item", "line 1, column 10", "'item'")]
    [InlineData("root ::= \"a\"\nroot ::= \"b\"", "line 2, column 1", "second")]
    [InlineData("root ::= \"a", "line 1, column 10", "quotation")]
    [InlineData("root ::= [a", "line 1, column 10", "bracket")]
    [InlineData("root ::= (\"a\"", "line 1, column 10", "parenthesis")]
    [InlineData("root = \"a\"", "line 1, column 6", "'::='")]
    [InlineData("root ::= \"a\" )", "line 1, column 14", "')'")]
    [InlineData("root ::= \"\\q\"", "line 1, column 11", "\\q")]
    [InlineData("root ::= [z-a]", "line 1, column 11", "out of order")]
    [InlineData("root ::= \"a\"{3,2}", "line 1, column 13", "out of order")]
    [InlineData("root ::= <think>", "line 1, column 10", "token")]
    [InlineData("root ::= root \"a\" | \"b\"", "rule 'root'", "left recursion")]
    [InlineData("root ::= a\na ::= b? c\nb ::= \"b\"\nc ::= a \"x\" | \"y\"", "rule 'a'", "left recursion")]
    [InlineData("root ::= \"a\" root", "rule 'root'", "complete")]
    [InlineData("root ::= []", "rule 'root'", "complete")]
    public void What_is_wrong_with_a_grammar_is_said_with_its_place(string grammar, string place, string reason)
    {
        GrammarException exception = Assert.Throws<GrammarException>(() => Grammar.FromGbnf(grammar));
        if (reason == "left recursion" && place == "rule 'a'")
            Assert.Matches("rule '[ac]'", exception.Place);
        else
            Assert.Equal(place, exception.Place);
        Assert.Contains(reason, exception.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_that_names_itself_last_needs_no_deeper_stack()
    {
        ConstrainedText text = Begin("root ::= \"a\" root | \"(\" root \")\" | \"b\"");
        byte[] many = new byte[100_000];
        many.AsSpan().Fill((byte)'a');
        Assert.True(text.TryAppend(many));
        Assert.True(text.TryAppend("(b)"u8));
        Assert.True(text.MustEnd);
    }

    private static (bool IsAllowed, bool MayEnd) Read(string grammar, string text)
    {
        ConstrainedText written = Begin(grammar);
        return (written.TryAppend(Encoding.UTF8.GetBytes(text)), written.MayEnd);
    }

    private static ConstrainedText Begin(string grammar) =>
        new TokenConstraint(Grammar.FromGbnf(grammar), new TokenTrie([[], [(byte)'a']]), [0]).CreateText();
}
