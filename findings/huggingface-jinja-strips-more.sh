#!/usr/bin/env bash
# @huggingface/jinja 0.5.11 (JavaScript): strip("\n") strips all white space, no list equals another, and "1" equals 1.
#
# Expected: it renders chat templates as Jinja does in Python, where they are written: lstrip and rstrip take off the characters that they
#           are given, and no others; == compares lists by their elements and tells texts from numbers; % has the sign of the divisor.
#           What it does not know it refuses, as it refuses many filters.
# Seen:     strip, lstrip and rstrip read no argument: lstrip("\n"), which templates of reasoning models apply to what comes behind
#           </think>, takes the indentation of the first line as well, and strip('"') takes off nothing. [] == [] is false, so that
#           `tools != []` holds without tools. 1 == "1" is true, -7 % 3 is -1, and none is printed as nothing.
# So the same messages are other prompts in a browser than in Python, without an error; compare the rendered texts of a template before a
# model is served with it.
set -euo pipefail
version=0.5.11
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >package.json <<EOF
{ "type": "module", "dependencies": { "@huggingface/jinja": "$version" } }
EOF
npm install --no-audit --no-fund --silent

cat >finding.mjs <<'EOF'
import { Template } from "@huggingface/jinja";

// Each expression with what Jinja makes of it.
const expressions = [
    ["answer.split('</think>')[-1].lstrip('\\n')", "    return 1"],
    ["'\"Paris\"'.strip('\"')", "Paris"],
    ["'a' if tools == [] else 'b'", "a"],
    ["'a' if pair == [1, 2] else 'b'", "a"],
    ["'a' if 1 == '1' else 'b'", "b"],
    ["-7 % 3", "2"],
    ["none", "None"],
];
const context = { answer: "two spaces</think>\n\n    return 1", tools: [], pair: [1, 2] };
for (const [expression, expected] of expressions) {
    const seen = new Template(`{{ ${expression} }}`).render(context);
    console.log(`${expression}: ${JSON.stringify(seen)}, in Python ${JSON.stringify(expected)}`);
}
EOF

seen=$(node finding.mjs)
echo "@huggingface/jinja $version"
echo "$seen"
cat >expected <<'EOF'
answer.split('</think>')[-1].lstrip('\n'): "return 1", in Python "    return 1"
'"Paris"'.strip('"'): "\"Paris\"", in Python "Paris"
'a' if tools == [] else 'b': "b", in Python "a"
'a' if pair == [1, 2] else 'b': "b", in Python "a"
'a' if 1 == '1' else 'b': "a", in Python "b"
-7 % 3: "-1", in Python "2"
none: "", in Python "None"
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: strip ignores its argument, and lists are never equal."
