#!/usr/bin/env python3
"""Renders chat templates with python's jinja2, set up as transformers sets it up, and with this library; prints what differs.

    compare_templates.py --command 'dotnet run --project tests/RetNet.Extensions.Benchmarks -- templates' PATH...

A PATH is a folder of *.jinja files, such a file, or a *.jsonl file with an object {"template", "variables"} on each line, for short
templates that try one construct. Each *.jinja file is rendered for the conversations below. Needs python3-jinja2. Exit status 1 if a text
differs, or if only this library refuses. (Where only Python refuses, a template mostly asks for the length of a generator, which is a list
here.)
"""
import argparse
import json
import pathlib
import subprocess
import sys
from datetime import datetime

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Gets the weather \u2013 \"today's\" & <tomorrow's>.",
        "parameters": {"type": "object", "properties": {
            "city": {"type": "string", "description": "The city."},
            "days": {"type": "integer", "default": 12345678901234567890, "minimum": 1},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "at": {"type": "object", "properties": {"lat": {"type": "number"}, "lon": {"type": ["number", "null"]}}}},
            "required": ["city"]}}}
OTHER = {"type": "function", "function": {"name": "noop", "description": "", "parameters": {"type": "object", "properties": {}}}}


def call(name, arguments, number):
    return {"id": f"call{number:05d}", "type": "function", "function": {"name": name, "arguments": arguments}}


USER = {"role": "user", "content": "What's the weather in Z\u00fcrich? \U0001F408"}
CALLING = [{"role": "system", "content": "Be brief.\nAnswer in <b>English</b>."}, USER,
           {"role": "assistant", "content": "", "tool_calls": [call("get_weather", {"city": "Z\u00fcrich", "days": 2}, 1)]},
           {"role": "tool", "name": "get_weather", "tool_call_id": "call00001", "content": "{\"sun\": true}"},
           {"role": "assistant", "content": "Sunny."}, {"role": "user", "content": "  Thanks  "}]
CASES = [
    {"messages": [USER]},
    {"messages": [{"role": "system", "content": "Be brief."}, USER]},
    {"messages": [USER, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nSunny."}, {"role": "user", "content": "Why?"}]},
    {"messages": [USER, {"role": "assistant", "content": "Sunny.", "reasoning_content": "hm"}, {"role": "user", "content": "Why?"}]},
    {"messages": [USER], "tools": [TOOL, OTHER]},
    {"messages": CALLING, "tools": [TOOL]},
    {"messages": CALLING},
    {"messages": CALLING[:3], "tools": [TOOL]},
    {"messages": CALLING[:4], "tools": [TOOL]},
    {"messages": [USER, {"role": "assistant", "content": "", "tool_calls": [
        call("get_weather", {"city": "Bern", "at": {"lat": 46.9, "lon": None}}, 1), call("noop", {}, 2)]},
        {"role": "tool", "name": "get_weather", "tool_call_id": "call00001", "content": "12"},
        {"role": "tool", "name": "noop", "tool_call_id": "call00002", "content": "ok"}], "tools": [TOOL, OTHER]},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "text", "text": " there"}]}]},
    {"messages": [{"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
                  {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is it?"}]}]},
    {"messages": [USER], "variables": {"enable_thinking": False}},
    {"messages": [USER], "variables": {"enable_thinking": True, "reasoning_effort": "high", "thinking": True}},
]


def environment():
    class Generation(jinja2.ext.Extension):
        tags = {"generation"}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
            return jinja2.nodes.CallBlock(self.call_method("_write"), [], [], body).set_lineno(line)

        def _write(self, caller):
            return caller()

    def reject(message):
        raise jinja2.exceptions.TemplateError(message)

    def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    made.filters["tojson"] = to_json
    made.globals["raise_exception"] = reject
    made.globals["strftime_now"] = lambda format: datetime.now().strftime(format)
    return made


def reference(case):
    tools = case.get("tools")
    more = {"xml_tools": tools} if "xml_tools" in case["template"] else {"tools": tools}
    try:
        return {"text": environment().from_string(case["template"]).render(
            messages=case.get("messages", []), add_generation_prompt=case.get("add_generation_prompt", False),
            bos_token=case["bos"], eos_token=case["eos"], **more,
            **{name: value for name, value in case.get("variables", {}).items()
               if name not in ("messages", "tools", "add_generation_prompt", "bos_token", "eos_token")})}
    except Exception as error:  # whatever a template runs into
        return {"error": f"{type(error).__name__}: {error}"}


def cases(paths):
    for path in map(pathlib.Path, paths):
        if path.suffix == ".jsonl":
            for number, line in enumerate(path.read_text("utf-8").rstrip("\n").split("\n")):
                yield f"{path.name}:{number + 1}", {"bos": "<s>", "eos": "</s>", **json.loads(line)}
            continue
        for file in sorted(path.glob("**/*.jinja")) if path.is_dir() else [path]:
            for number, case in enumerate(CASES):
                for prompt in (False, True):
                    yield f"{file.name} case {number}{' with prompt' if prompt else ''}", {
                        "template": file.read_text("utf-8"), "bos": "<s>", "eos": "</s>", "add_generation_prompt": prompt, **case}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", required=True, help="reads cases and writes texts, a JSON object a line")
    parser.add_argument("--limit", type=int, default=40, help="differences that are shown")
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    named = list(cases(options.paths))
    lines = "".join(json.dumps(case) + "\n" for _, case in named)
    output = subprocess.run(options.command, shell=True, input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    found = [json.loads(line) for line in output.decode().splitlines()]
    counts = {"same": 0, "both refuse": 0, "only here refused": 0, "only there refused": 0, "different": 0}
    shown = 0
    for (name, case), ours in zip(named, found, strict=True):
        theirs = reference(case)
        if "text" in ours and "text" in theirs:
            kind = "same" if ours["text"] == theirs["text"] else "different"
        else:
            kind = "both refuse" if "error" in ours and "error" in theirs else "only here refused" if "error" in ours else "only there refused"
        counts[kind] += 1
        if kind not in ("same", "both refuse") and shown < options.limit:
            shown += 1
            (here, there) = (json.dumps(ours), json.dumps(theirs))
            same = next((i for i, (a, b) in enumerate(zip(here, there)) if a != b), min(len(here), len(there)))
            start = max(0, same - 40) if "text" in ours and "text" in theirs else 0
            print(f"== {kind}: {name}\n   here:  {here[start:start + 200]}\n   there: {there[start:start + 200]}")
            if len(case["template"]) < 300:
                print(f"   template: {case['template']!r}")
    print(counts)
    return 1 if counts["different"] + counts["only here refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
