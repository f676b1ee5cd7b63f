#!/usr/bin/env python3
"""Writes what Jinja2 renders for the templates of this folder.

    make_vectors.py                       language.json and families.json, beside this script
    make_vectors.py --fuzz SEED COUNT OUT COUNT random templates to the file OUT

Needs Jinja2 3.1.6; the committed files were made with Python 3.11. A file is an object of `contexts` (variables by name),
perhaps `templates` (sources by name), and `cases`: `t` or `template` (the source or its name), `c` (the context), and `o`
(the output) or `e` (the kind of failure: `syntax`, `refused`, `runtime`,
`unsupported` for an unknown filter or test) with `m` (the message of `refused`).
"""

import copy
import datetime
import json
import pathlib
import random
import re
import sys
import warnings

import jinja2
import jinja2.ext
import jinja2.sandbox

import families
import snippets

NOW = datetime.datetime(2026, 1, 15, 9, 30)


class Generation(jinja2.ext.Extension):
    """`{% generation %}`, which transformers compiles to a call block around the body."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("render")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def render(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    """The environment that transformers renders chat templates in."""
    # Folding constants forgives `none[1:]`, which no variable is forgiven.
    jinja2.nodes.Getitem.as_const = jinja2.nodes.Expr.as_const
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols],
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def outcome(env, source, variables):
    """The part of a case that tells what happens."""
    try:
        return {"o": env.from_string(source).render(**variables)}
    except jinja2.exceptions.TemplateAssertionError:
        return {"e": "unsupported"}
    except (jinja2.exceptions.TemplateSyntaxError, SyntaxError):
        return {"e": "syntax"}
    except jinja2.exceptions.TemplateError as error:
        if type(error) is jinja2.exceptions.TemplateError:
            return {"e": "refused", "m": str(error)}
        return {"e": "runtime"}
    except (RecursionError, MemoryError):
        return None
    except Exception:
        return {"e": "runtime"}


# What no other interpreter can repeat: addresses, and how Python names its own objects.
UNREPEATABLE = re.compile(r" at 0x|<(function|built-in|bound|class|generator|LoopContext|jinja2|list_rev|dict_)|Markup\(")


def cases(env, sources, contexts):
    for source, context in sources:
        # Some filters change a list in place.
        result = outcome(env, source, copy.deepcopy(contexts[context]))
        if result is None or UNREPEATABLE.search(result.get("o", "")):
            continue
        yield {"t": source, "c": context, **result}


def write(path, contents):
    path = pathlib.Path(path)
    lines = []
    for key, value in contents.items():
        if key == "cases":
            rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in value)
            lines.append(f'"cases":[\n{rows}\n]')
        else:
            lines.append(f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{path}: {len(contents['cases'])} cases, {path.stat().st_size} bytes")


def family_cases(env):
    for name, source in families.TEMPLATES.items():
        for context, variables in families.CONTEXTS.items():
            result = outcome(env, source, variables)
            if result is not None:
                yield {"template": name, "c": context, **result}


def main():
    warnings.simplefilter("ignore")
    here = pathlib.Path(__file__).parent
    env = environment()
    if sys.argv[1:2] == ["--fuzz"]:
        seed, count, path = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
        sources = snippets.random_sources(random.Random(seed), count)
        return write(path, {"contexts": snippets.CONTEXTS, "cases": list(cases(env, sources, snippets.CONTEXTS))})
    sources = snippets.committed_sources(random.Random(1))
    language = {"contexts": snippets.CONTEXTS, "cases": list(cases(env, sources, snippets.CONTEXTS))}
    write(here / "language.json", language)
    write(
        here / "families.json",
        {"contexts": families.CONTEXTS, "templates": families.TEMPLATES, "cases": list(family_cases(env))},
    )


if __name__ == "__main__":
    main()
