"""Small templates, one feature each, and random ones made of the same parts."""

CONTEXTS = {
    "plain": {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "  Hi <b>there</b> & \"you\"\n"},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "a1", "function": {"name": "f", "arguments": {"x": 1}}}]},
            {"role": "tool", "content": "42"},
            {"role": "user", "content": "Ünïcödé 漢字 🙂", "n": 3},
        ],
        "text": "The quick brown fox",
        "n": 7,
        "user": {"name": "Ann", "age": 31, "tags": ["b", "a"], "items": 5, "nested": {"k": [1, {"z": None}]}, "_private": 1},
        "words": ["pear", "Apple", "fig", "apple"],
        "rows": [{"a": 2, "b": "x"}, {"a": 1, "b": "Y"}, {"a": 2}, {"b": "x", "a": 3}],
        "flag": True,
        "nothing": None,
        "f": 2.5,
    }
}

# Expressions of every type. `gone` is undefined.
VALUES = [
    "0", "1", "-3", "7", "2.5", "-0.5", "1e16", "1e15", "1.5e-7", "100.0", "true", "false", "none", "gone", "''", "'abc'",
    "'Hello World'", "' a b  c '", "'12'", "' -4.5 '", "'Ünï ß'", "'it\\'s'", "'a\\nb\\n'", "'x-y (z)'", "[]", "[3, 1, 2]",
    "['b', 'A', 'c', 'a']", "[1, 'x', none]", "[[1, 2], [3]]", "(1,)", "(1, 2)", "()", "{}", "{'a': 1, 'b': [1, 2]}",
    "{'z': 1, 'A': 'q', 3: none}", "{1: 'i', 2.5: 'f', none: 'n', true: 't'}", "user", "user.name", "user.gone", "words",
    "rows", "messages[1].content", "messages", "range(4)", "text", "f", "nothing", "namespace(a=1)", "user.tags",
    "words|map('upper')", "rows|selectattr('a', 'eq', 2)", "user.items()", "user.keys()", "1.0", "[1, 1.0, true, 2]", "'true'",
]

SMALL = ["1", "2", "-1", "0", "'a'", "''", "' '", "none", "true", "gone", "[1]", "{'a': 1}", "2.0", "'o'", "('a', 'H')"]

BINARY = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]

FILTERS = [
    "abs", "attr('name')", "attr('gone')", "capitalize", "center", "center(5)", "count", "d('x')", "default('x')", "default",
    "default('x', true)", "default(default_value=1, boolean=true)", "dictsort", "dictsort(true)", "dictsort(by='value')",
    "dictsort(reverse=true)", "dictsort(false, 'value', true)", "first", "float", "float(1.5)", "format(1)", "format('a', 2)",
    "indent", "indent(2)", "indent(2, true)", "indent(2, true, true)", "indent('> ')", "indent(first=true)", "int", "int(5)",
    "int(base=16)", "int(default=-1)", "items|list", "join", "join(', ')", "join('-', attribute='a')", "join(1)", "last",
    "length", "list", "lower", "map('upper')|list", "map(attribute='a')|list", "map(attribute='a', default='-')|join",
    "map(attribute=0)|list", "map('int')|list", "map('default', 'd')|list", "map('length')|list", "map('string')|join(',')", "map|list",
    "max", "max(attribute='a')", "max(case_sensitive=true)", "min", "min(attribute='a')", "reject|list", "reject('none')|list",
    "reject('eq', 1)|list", "rejectattr('b')|list", "rejectattr('a', 'equalto', 2)|list", "replace('a', 'bb')", "replace('', '.')",
    "replace('a', 'b', 1)", "replace('a', 'b', count=none)", "replace(1, 2)", "reverse|list", "reverse", "round", "round(1)",
    "round(1, 'floor')", "round(method='ceil')", "round(-1)", "select|list", "select('string')|list", "select('defined')|list",
    "select('>', 1)|list", "select('odd')|list", "selectattr('a')|list", "selectattr('a', 'defined')|list", "selectattr('b', 'in', ['x'])|list",
    "selectattr('a', 'gt', 1)|map(attribute='a')|list", "sort", "sort(true)", "sort(reverse=true, case_sensitive=true)", "sort(attribute='a')",
    "sort(attribute='a,b')", "sort(case_sensitive=true)", "string", "sum", "sum(attribute='a')", "sum(start=10)", "title", "tojson",
    "tojson(indent=2)", "tojson(indent=0)", "tojson(indent='\\t')", "tojson(ensure_ascii=true)", "tojson(sort_keys=true)",
    "tojson(separators=(',', ':'))", "tojson(separators=(', ', ': '), indent=1)", "tojson(true)", "trim", "trim('abc')", "trim(chars=' a')",
    "unique|list", "unique(true)|list", "unique(attribute='a')|list", "upper",
    "wordcount", "groupby('a')|list", "groupby('b', default='none')|map('first')|list", "groupby('b', case_sensitive=true)|map('last')|list",
    "map('tojson')|join(';')", "map('replace', 'a', 'o')|list", "first|upper", "list|last",
    "selectattr|list", "join(d='/')", "string|length", "map(attribute='nested.k.1.z')|list", "list|tojson", "sum(attribute='a', start=1)",
]

TESTS = [
    "boolean", "callable", "defined", "divisibleby 2", "divisibleby(0)", "eq 1", "eq(none)", "equalto 'abc'", "== 1", "even", "false",
    "float", "ge 2", "gt(2)", "in [1, 'abc', none]", "in 'abcabc'", "integer", "iterable", "le 2", "lower", "lt 3", "mapping", "ne 1",
    "none", "number", "odd", "sequence", "string", "true", "undefined", "upper", "not none", "not defined", "not string", "sameas true",
    "sameas none", "in user", "in gone", "defined and true", "string or true", "mapping == false", "lessthan 5",
]

METHODS = [
    "capitalize()", "center(9)", "center(8, '*')", "count('a')", "count('')", "count('b', 1)", "count('a', 1, 2)", "endswith('c')",
    "endswith(('c', 'd'))", "endswith('')", "endswith('o', 0, 5)", "find('b')", "find('z')", "find('l', 3)", "find('')", "find('o', 5, -1)",
    "format(1, 2)", "format(a=1)", "index('b')", "index('zz')", "isalnum()", "isalpha()", "isascii()", "isdecimal()", "isdigit()", "islower()",
    "isnumeric()", "isprintable()", "isspace()", "istitle()", "isupper()", "join(['a', 'b'])", "join([1])", "join('xyz')", "ljust(6)",
    "ljust(6, '.')", "lower()", "lstrip()", "lstrip('aH ')", "partition('b')", "partition(' ')", "partition('')", "removeprefix('a')",
    "removesuffix('c')", "replace('a', 'b')", "replace('l', 'L', 1)", "replace('', '-')", "replace('', '-', 2)", "replace('ab', '')",
    "rfind('b')", "rfind('o', 0, 6)", "rindex('l')", "rindex('zz')", "rjust(6)", "rpartition('b')", "rpartition(' ')", "rsplit()",
    "rsplit(' ')", "rsplit(none, 1)", "rsplit(' ', 1)", "rsplit('l', maxsplit=1)", "rstrip()", "rstrip('cd ')", "split()", "split(' ')",
    "split('b')", "split(' ', 1)", "split(none, 1)", "split(sep='l', maxsplit=2)", "split('')", "split(maxsplit=1)", "split('ll')",
    "split(' ', 0)", "splitlines()", "splitlines(true)", "splitlines(keepends=true)", "startswith('a')", "startswith(('x', 'a'))",
    "startswith('b', 1)", "startswith('l', 2, 4)", "strip()", "strip('ac ')", "strip(none)", "strip(1)", "strip(chars='a')", "swapcase()", "title()",
    "upper()", "zfill(6)", "get('a')", "get('q')", "get('q', 5)", "get('a', 'd')", "get()", "items()|list", "keys()|list", "values()|list",
    "items()|length", "keys()", "values()", "copy()", "index(1)", "index(9)", "count(1)", "append(1)", "pop()", "update({})", "gone()", "name", "a", "items",
    "__class__", "__class__.x", "_private", "0", "1", "-1", "length", "clear is defined", "upper is callable", "append is undefined", "count is defined",
]

SUBSCRIPTS = [
    "[0]", "[1]", "[-1]", "[9]", "['a']", "['name']", "[none]", "[true]", "[1.0]", "[gone]", "[:]", "[1:]", "[:-1]", "[::2]", "[::-1]",
    "[-2:]", "[5:1:-1]", "[:2]", "[1:3]", "[none:2]", "[::0]", "['items']", "[[1]]", "[0][0]", "['b'][0]", "[-9:9]", "[9:-9:-2]", "['a':]", "[1, 2]",
]

# Whole templates: white space, statements, scopes, errors.
TEMPLATES = [
    "", "\n", "\n\n", "a\n", "a\r\nb\rc\n", "{{ 1 }}\n", "{{ 1 }}\n\n", "{% if true %}\nx\n{% endif %}\ny\n", "  {% if true %}\n  x\n  {% endif %}\n",
    "a  {% if true %}b{% endif %}", "a {%- if true -%} b {%- endif -%} c", "a {%+ if true +%} b {%+ endif +%} c", "  {%+ if true %}\nx{% endif %}",
    "{% if true +%}\nx{% endif %}", "a\n  {{- 1 -}}  \n b", "a\n  {{ 1 }}  \n b", "  {{ 1 }}\n", "a {# c #} b", "  {# c #}\nb", "a\n  {#- c -#}  \nb",
    "a {#+ c +#}\n b", "{# a\nb #}x", "{#-#}x", "{#", "{# x", "{{ 1", "{% if", "{% if x", "{{", "{%", "{{ }}", "{% %}", "{{ 'a }}", "}}", "%}", "#}", "{", "{ {", "{a}",
    "{% raw %}{{ x }}{% if %}{% endraw %}", "  {% raw %}\n  x\n  {% endraw %}\n y", "a {%- raw -%} {{ x }} {%- endraw -%} b", "{% raw %}x", "{%raw%}{#{%endraw%}",
    "{% raw -%}\n  a {%- endraw %}\n b", "{{ 'a' 'b' \"c\" }}", "{{ 'a\\tb\\x41\\u00e9\\101\\q\\\\' }}", "{{ '\\U0001f642' }}", "{{ '\\x4' }}", "{{ 'a\\\nb' }}",
    "{{ \"it's\" }}", "{{ 'say \"x\"' }}", "{{ ['it\\'s', 'a\"b', '\\n\\t\\x00\\x7f\\u200b\\u00e9\\\\'] }}", "{{ 0x1f }} {{ 0b101 }} {{ 0o17 }} {{ 1_000 }} {{ 1_0.5_0 }}",
    "{{ 007 }}", "{{ 1e3 }} {{ 1.5E-3 }} {{ 2e+2 }}", "{{ 1.foo }}", "{{ 1 .foo }}", "{{ [1, 2][0] }} {{ [1,2].0 }}", "{{ [[1, [2]]].0.1.0 }}", "{{ {'a': {'b': 1}}.a.b }}",
    "{{ {} }}{{ {'a': {}} }}", "{{ (1, 2) }}{{ (1,) }}{{ () }}{{ 1, 2 }}{{ 1, }}", "{{ [1, 2,] }}{{ {'a': 1,} }}", "{{ [,] }}", "{{ {'a'} }}", "{{ (1 }}", "{{ [1) }}", "{{ 1) }}",
    "{{ 1 if true }}", "{{ 1 if false }}", "{{ (1 if false) is defined }}", "{{ 1 if false else 2 if false else 3 }}", "{{ (1 if false).x }}", "{{ 'a' if x is defined else 'b' }}",
    "{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 7 // 2 * 2 }} {{ 1 - 2 - 3 }}", "{{ 1 ~ 2 + 3 }}", "{{ 1 + 2 ~ 3 }}", "{{ 2 * 3 ~ 4 }}", "{{ 'a' ~ none ~ true ~ 1.0 ~ gone ~ [1] }}",
    "{{ not true }} {{ not not 1 }} {{ not 1 == 2 }} {{ not gone }}", "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1 != 2 }} {{ 3 > 2 >= 2 }}", "{{ 1 in [1] in [[true]] }}", "{{ 1 in [1, 2] and 3 not in [1] }}",
    "{{ 1 and 2 }} {{ 0 and 2 }} {{ 0 or 'x' }} {{ '' or none }} {{ 1 or gone.x }}", "{{ -1|abs }} {{ -n|abs }} {{ (-n)|abs }} {{ 2 - -3 }} {{ - - 2 }} {{ +n }}", "{{ -'a' }}", "{{ -none }}", "{{ -gone }}", "{{ -true }}",
    "{{ 'a' is string and 'b' is string }}", "{{ 1 is not string }}", "{{ not 1 is string }}", "{{ 1 is eq 1 is true }}", "{{ 5 is divisibleby 5 }}", "{{ n + 1 is odd }}", "{{ 'x' is in ['x'] }}", "{{ 3 is in([3]) }}",
    "{{ x.y }}", "{{ gone.y is defined }}", "{{ gone }}|{{ gone.a.b }}", "{{ user.gone.x }}", "{{ user.gone is defined }}", "{{ gone[0] }}", "{{ gone() }}", "{{ gone + 1 }}", "{{ 'a' + 1 }}", "{{ 'a' + none }}", "{{ 1 / 0 }}", "{{ 1 // 0 }}", "{{ 1 % 0 }}",
    "{{ none.x }}", "{{ none.x.y }}", "{{ none[0] }}", "{{ none() }}", "{{ 'a'() }}", "{{ [1](0) }}", "{{ user['name'] }}{{ user.items }}", "{{ user['items'] }}", "{{ user.tags.append(1) }}", "{{ user.update({'a': 1}) }}", "{{ user.pop('name') }}",
    "{{ ''.__class__ }}", "{{ ''.__class__.__mro__ }}", "{{ user._private }}", "{{ user['_private'] }}", "{{ range(3)|list }} {{ range(1, 4)|list }} {{ range(5, 0, -2)|list }} {{ range(3) }} {{ range(0, 9, 3) }}", "{{ range(0)|list }}", "{{ range() }}", "{{ range(1, 2, 0) }}", "{{ range('a') }}",
    "{{ range(1000000) }}", "{{ range(3)[1] }} {{ range(3)[-1] }} {{ 2 in range(3) }} {{ range(3)|length }} {{ range(3) == range(3) }}", "{{ dict(a=1, b=2) }} {{ dict({'a': 1}, b=2) }} {{ dict([('a', 1)]) }} {{ dict() }}", "{{ dict(1) }}",
    "{{ namespace(a=1) }}{{ namespace({'b': 2}).b }}", "{% set ns = namespace() %}{% set ns.x = 1 %}{% set ns.y = ns.x + 1 %}{{ ns.x }}{{ ns.y }}{{ ns.z }}{{ ns.z is defined }}", "{% set user.x = 1 %}", "{% set gone.x = 1 %}",
    "{% set ns = namespace(i=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.i = ns.i + 1 %}{% endif %}{% endfor %}{{ ns.i }}", "{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = i * 10 %}{{ x }}{% endfor %}{{ x }}",
    "{% if true %}{% set y = 5 %}{% endif %}{{ y }}", "{% for i in [1] %}{% if true %}{% set z = 5 %}{% endif %}{{ z }}{% endfor %}{{ z }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set (a, b) = [1, 2] %}{{ a }}{{ b }}", "{% set a, b = 1 %}", "{% set a, b = [1] %}", "{% set a = 1, 2 %}{{ a }}",
    "{% set x %}a{{ 1 }}b{% endset %}[{{ x }}]", "{% set x | upper | trim %} a{{ 1 }}b {% endset %}[{{ x }}]", "{% set x %}{% set q = 1 %}{{ q }}{% endset %}{{ x }}{{ q }}", "{% set 1 = 2 %}", "{% set true = 2 %}", "{% set x = %}", "{% set x %}", "{% set %}",
    "{% for x in [1, 2, 3] %}{{ x }}{{ ',' if not loop.last }}{% endfor %}", "{% for x in [] %}a{% else %}none{% endfor %}", "{% for x in gone %}a{% else %}none{% endfor %}", "{% for x in none %}{% endfor %}", "{% for x in 5 %}{% endfor %}", "{% for c in 'aé🙂' %}[{{ c }}]{% endfor %}",
    "{% for k in user %}{{ k }},{% endfor %}", "{% for k, v in user.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k, v in user|items %}{{ k }}{{ loop.index }}{% endfor %}", "{% for k, v in user|dictsort %}{{ k }} {% endfor %}", "{% for a, b in [1] %}{% endfor %}", "{% for a, b in [[1, 2], [3, 4]] %}{{ a + b }} {% endfor %}",
    "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for x in [1, 2, 3, 4] if x is even %}{{ x }}:{{ loop.index }}/{{ loop.length }} {% else %}e{% endfor %}", "{% for x in [1, 3] if x is even %}{{ x }}{% else %}e{% endfor %}", "{% for x in 1, 2 %}{{ x }}{% endfor %}", "{% for x in [1] if loop %}{% endfor %}",
    "{% for x in 'abc' %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}", "{% for x in 'abc' %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }};{{ loop.previtem is defined }}{% endfor %}",
    "{% for x in 'abcd' %}{{ loop.cycle('o', 'e') }}{% endfor %}", "{% for x in [1, 1, 2, 2, 1] %}{{ 'c' if loop.changed(x) else '.' }}{% endfor %}", "{% for x in 'ab' %}{% set outer = loop %}{% for y in 'cd' %}{{ outer.index }}{{ loop.index }}{{ x }}{{ y }} {% endfor %}{% endfor %}", "{{ loop }}", "{% for x in [1] %}{% endfor %}{{ x }}{{ loop is defined }}",
    "{% for x in [1, 2, 3] %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}", "{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "{% break %}", "{% for x in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}", "{% for x in [1, 2] %}{% else %}{% break %}{% endfor %}", "{% for x in [1, 2] %}{% for y in [1, 2] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}",
    "{% for x in [1, 2] %}{% set t %}{{ x }}{% if x == 1 %}{% continue %}{% endif %}{% endset %}{{ t }}{% endfor %}", "{% for x in [[1, [2]], 3] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}", "{% for x in [1] %}{{ loop([2]) }}{% endfor %}", "{% for x in [1, 2] %}{{ loop }}{% break %}{% endfor %}", "{% for true in [1] %}{% endfor %}", "{% for x %}{% endfor %}", "{% for x in %}{% endfor %}", "{% for x in [1] %}", "{% endfor %}", "{% for x in [1] %}{% endif %}",
    "{% if 1 %}a{% elif 2 %}b{% else %}c{% endif %}", "{% if 0 %}a{% elif 2 %}b{% else %}c{% endif %}", "{% if 0 %}a{% elif '' %}b{% else %}c{% endif %}", "{% if %}{% endif %}", "{% if 1 %}{% else %}{% else %}{% endif %}", "{% if gone %}a{% endif %}", "{% if gone.x %}a{% endif %}", "{% if 1, 2 %}a{% endif %}", "{% unknown %}", "{% do 1 %}", "{% if 1 %}{% endif x %}", "{% if 1 % 2 %}a{% endif %}",
    "{% macro m(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }}|{{ m(1, 5) }}|{{ m(1, c=3) }}|{{ m() }}|{{ m(a=9, b=none) }}", "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}{{ m(gone) }}{{ m(none) }}", "{% macro m() %}x{% endmacro %}{{ m(1) }}", "{% macro m() %}x{% endmacro %}{{ m(z=1) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, z=3) }}", "{% macro m(a) %}{{ a }}{{ varargs|join('-') }}{% endmacro %}{{ m(*[1, 2, 3]) }}", "{% macro m(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ m(**{'b': 1, 'a': 2}) }}", "{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(4) }}", "{% macro m(a=1, b) %}{% endmacro %}", "{% macro m(a %}{% endmacro %}", "{% macro %}{% endmacro %}",
    "{% macro m() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ m() }}{% set x = 2 %}{{ m() }}", "{% for i in [1] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}", "{% macro m() %}{{ i }}{% endmacro %}{% for i in [1] %}{{ m() }}{% endfor %}", "{% macro m() %}{% set q = 1 %}{{ q }}{% endmacro %}{{ m() }}{{ q }}", "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "{{ m() }}{% macro m() %}{% endmacro %}",
    "{% macro m(a, b=1) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.catch_varargs }}{{ m.caller }}{{ m.gone }}{{ m is callable }}", "{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}body{% endcall %}", "{% macro m() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b=3) m() %}{{ a }}{{ b }}{% endcall %}", "{% macro m() %}{% endmacro %}{% call m() %}b{% endcall %}", "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}", "{% call 1 %}{% endcall %}",
    "{% macro m() -%}\n  x\n{%- endmacro %}\n{{ m() }}\n{{- m() | upper }}", "{% set z = m %}{% macro m() %}1{% endmacro %}{{ z }}{{ m() + 'a' }}{{ m() * 2 }}", "{% filter upper %}a{{ 'b' }}{% endfilter %}", "{% filter replace('a', 'b')|trim %} aa {% endfilter %}", "{% filter %}{% endfilter %}", "{% with %}{% set x = 1 %}{{ x }}{% endwith %}{{ x }}", "{% with x = 1, y = 2 %}{{ x + y }}{% endwith %}{{ x }}", "{% set x = 5 %}{% with x = 1, y = x %}{{ x }}{{ y }}{% endwith %}{{ x }}",
    "{% print 1, 'a' %}", "{% print %}", "{% generation %}a{% set x = 1 %}{{ x }}{% endgeneration %}{{ x }}", "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.tool_calls[0].function.name }}{% endgeneration %}{% endif %}{% endfor %}", "{% generation %}", "  {% generation %}\n  a\n  {% endgeneration %}\n b",
    "{{ raise_exception('no: ' ~ n) }}", "{% if n != 3 %}{{ raise_exception(\"it's\\nnot\") }}{% endif %}", "{{ raise_exception() }}", "{{ raise_exception(none) }}", "{{ raise_exception(gone) }}", "{{ strftime_now('%Y-%m-%d') }}|{{ strftime_now('%d %b %Y %H:%M:%S %p %A %a %B %j %y %I %% %-d %e') }}", "{{ strftime_now('%-m/%-d %U %W %w %u %F %T %D %R %C %f|%Z|%z|%c|%x|%X é') }}", "{{ strftime_now() }}", "{{ strftime_now(1) }}",
    "{{ \"%s is %d, %5.2f|%-5s|%05d|%x|%r|%%\" | format('a', 3, 2.5, 'b', 42, 255, 'q') }}", "{{ '%s' % 'a' }}{{ '%s-%s' % (1, 2) }}{{ '%(a)s' % {'a': 1} }}", "{{ '%d' % 'a' }}", "{{ '%s %s' % 1 }}", "{{ 'x' % 1 }}", "{{ '%+d|% d|%5s|%.2s|%e|%g|%G|%X|%o|%i' % (3, 4, 'ab', 'abc', 12345.678, 0.00001, 1e20, 255, 8, 2.9) }}", "{{ 'x' % [] }}{{ 'x' % {} }}",
    "{{ '{} {}'.format(1, 'a') }}{{ '{1}{0}'.format(1, 2) }}{{ '{a}{{}}'.format(a=1) }}{{ '{:>5}|{:<5}|{:^5}|{:05d}|{:.2f}|{:,}|{!r}'.format('a', 'b', 'c', 42, 3.14159, 1234567, 'q') }}", "{{ '{}'.format() }}", "{{ '{'.format() }}", "{{ '}'.format() }}", "{{ '{:*^9}|{:+d}|{:x}|{:%}|{:e}'.format('mid', 5, 255, 0.5, 12.5) }}", "{{ '{:d}'.format('a') }}", "{{ '{x}'.format(1) }}",
    "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.current }}", "{% set j = joiner('; ') %}{% for x in [1, 2, 3] %}{{ j() }}{{ x }}{% endfor %}", "{{ cycler() }}", "{% set g = words|map('upper') %}{{ g|join }}{{ g|join }}|", "{% set g = words|select %}{{ g|first }}{{ g|first }}{{ g|list }}", "{{ (words|map('upper'))|length }}", "{{ (words|map('upper'))[0] }}", "{{ words|map('upper') is iterable }}{{ words|map('upper') is sequence }}",
    "{{ [1, 2] + [3] }}{{ [0] * 3 }}{{ (1,) + (2,) }}{{ 'ab' * 2 }}{{ 2 * 'ab' }}{{ [1] == (1,) }}{{ [1, [2]] == [1, [2]] }}{{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }}{{ 1 == 1.0 }}{{ true == 1 }}{{ 'a' == 1 }}{{ none == false }}", "{{ [1, 2] < [1, 3] }}{{ 'a' < 'b' }}{{ 'Z' < 'a' }}{{ [] < [0] }}{{ (1, 2) < (1, 2, 3) }}", "{{ 1 < 'a' }}", "{{ none < 1 }}", "{{ gone < 1 }}", "{{ gone == gone }}{{ gone == none }}{{ gone != 1 }}", "{{ {} < {} }}", "{{ 1.0 }} {{ 1e22 }} {{ 0.1 + 0.2 }} {{ 1/3 }} {{ 1e-5 }} {{ 123456789.123 }} {{ -0.0 }} {{ 5e-324 }} {{ 1.7976931348623157e308 }} {{ 4/2 }}",
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 // -2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 7.5 % -2 }} {{ 2 ** -1 }} {{ 2.0 ** 3 }} {{ 0 ** 0 }} {{ -7.5 // 2 }} {{ 0.0 // -3 }} {{ 6.0 % 3 }} {{ -6.0 % 3 }}", "{{ {'a': 1, 'a': 2} }}{{ {1: 'a', 1.0: 'b', true: 'c'} }}", "{{ {[1]: 2} }}", "{{ {'a': 1}[[1]] }}", "{{ [1] in {} }}", "{{ 1 in 'a' }}", "{{ 1 in 1 }}", "{{ 1 in none }}", "{{ 'a' in gone }}", "{{ gone in ['a'] }}", "{{ 'name' in user }}{{ 'x' in user }}{{ '' in 'abc' }}{{ 'bc' in 'abc' }}",
    "{{ messages | tojson }}", "{{ user | tojson(indent=4) }}", "{{ 'é\\u2028\\x7f\"\\\\/\\b' | tojson }}{{ 'é🙂\\x7f' | tojson(ensure_ascii=true) }}", "{{ gone | tojson }}", "{{ range(3) | tojson }}", "{{ {'a': gone} | tojson }}", "{{ {1: 2, none: 3, true: 4, 2.5: 5} | tojson }}", "{{ {(1, 2): 3} | tojson }}", "{{ [1.0, 1e20, -0.0, 1e-7, true, none, (1, 2), [], {}] | tojson }}{{ [[], {}, [1]] | tojson(indent=2) }}",
    "{{ messages[-1]['content'] }}{{ messages[0].role }}{{ messages[99] }}{{ messages[0]['x'] }}", "{{ messages[1:][0].role }}{{ messages[::-1][0].n }}{{ messages[-2:]|length }}{{ text[4:9] }}{{ text[::-1] }}{{ text[-3:] }}{{ 'Ünï'[1] }}{{ 'a🙂b'[1:] }}{{ 'abc'[5] }}", "{{ none[1:] }}", "{{ user[1:] }}", "{{ gone[1:] }}", "{{ 5[1:] }}", "{{ messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|list|length }}", "{{ messages|map(attribute='role')|unique|join(' ') }}", "{{ messages|rejectattr('role', 'in', ['user', 'tool'])|map(attribute='role')|list }}",
    "{{ (messages|selectattr('role', '==', 'user')|list)[-1].content }}", "{{ messages|groupby('role')|map(attribute='grouper')|list }}{% for role, group in messages|groupby('role') %}{{ role }}:{{ group|length }} {% endfor %}{{ (messages|groupby('role'))[0].list|length }}", "{{ words|sort|join(',') }} {{ words|sort(case_sensitive=true)|join(',') }} {{ words|unique|join(',') }} {{ words|max }} {{ words|min }}", "{{ 'abc'|upper|lower|title ~ 'x' }}", "{{ 'a,b'.split(',')|map('upper')|join('+') }}", "{{ user.name.upper().lower()[0:2] }}",
    "{{ x|unknown_filter }}", "{{ 1 is unknown_test }}", "{% if false %}{{ x|unknown_filter }}{% endif %}ok", "{{ 1|default }}", "{{ 'a'|upper('x') }}", "{{ 'a'|replace }}", "{{ [1, 'a']|sort }}", "{{ ['a', none]|join(',') }}", "{{ [1, 2]|sum }}{{ []|sum }}{{ ['a']|sum }}", "{{ [none, 1]|max }}", "{{ 'a'.upper(1) }}", "{{ 'abc'.gone }}", "{{ 'abc'.gone() }}", "{{ 1; 2 }}", "{{ 1 2 }}", "{{ a b }}", "{{ a! }}", "{{ a ? b }}", "{{ $ }}", "{{ a.b.c }}", "{{ user.nested.k[1].z }}{{ user.nested['k'][0] }}{{ user['nested'].k.1['z'] }}", "{{ not }}", "{{ 1 + }}", "{{ | upper }}", "{{ x| }}", "{{ x is }}", "{{ f(a=1, 2) }}", "{{ f(a=1, a=2) }}", "{{ f(**a, b) }}", "{{ 'é' ~ 'e\\u0301' == 'éé' }}{{ 'é' == 'e\\u0301' }}{{ 'e\\u0301'|length }}",
    "{{- 1 -}}\n\n{{- 2 }}\n{%- if true %}\n\n  x\n{%- endif %}\n", "\t{% if true %}\ta{% endif %}\t\n", "a\n\t {% set x = 1 %}\n\t b\n", "{% set x = 1 -%}   \n\n  b", "{% set x = 1 %}\n\nb", "x {% set x = 1 %} y", "{%- set x = 1 -%}{{ x }}", "{%set x=1%}{{x}}", "{% set x=1%}\r\n{{ x }}\r\n", "\u00a0{%- if true %}x{% endif -%}\u2003y", "{% for x in [1, 2] %}\n- {{ x }}\n{% endfor %}\nend", "{% for x in [1, 2] -%}\n- {{ x }}\n{%- endfor %}\nend", "{% for x in [1, 2] %}  {% if x == 1 %}  a  {% endif %}  \n{% endfor %}", "{{ '  a\\n' }}{% if true %}\n{% endif %}",
    "{{ true.x }}", "{{ True }}{{ False }}{{ None }}{{ true is true }}{{ 1 is true }}", "{{ 'a' 'b'.upper() }}", "{{ ('a' ~ 'b').upper() }}", "{{ [x for x in y] }}", "{{ lambda: 1 }}", "{{ a = 1 }}", "{{ 1 if }}", "{{ text|truncate(5) }}{{ text|truncate(9, true) }}{{ text|truncate(8, false, '~', 0) }}{{ text|truncate }}{{ gone|truncate }}", "{{ text|truncate(1) }}", "{{ 'upper' is filter }}{{ 'odd' is test }}{{ 'x' is filter }}", "{{ '<' ~ ('<'|safe) ~ 1 }}{{ ('<'|safe) + '<' }}{{ '<' + ('<'|e) }}{{ ('<'|e) + ('<'|safe) + '&' }}", "{{ ['<', '<'|e]|join('>') }}{{ '<'|safe == '<' }}{{ 'b' in ('abc'|safe) }}{{ 'a'|safe|upper|length }}{{ ' <'|e|trim }}", "{{ {'a': 1}['a'|safe] }}{{ 'a'|safe in ['a'] }}{{ 'a'|safe is string }}{{ {'a': 1}|tojson|safe }}{% for c in 'ab'|safe %}{{ c }}{% endfor %}", "{{ ('<'|safe) + 1 }}", "{{ '<a>'|e|upper ~ '<' }}{{ (' <'|e|trim) + '<' }}{{ '<'|e|tojson }}{{ ['<'|e|string, 1]|join }}", "{{ 'a'|e }}{{ '<a>'|e }}{{ '<'|safe }}{{ '\\'\"&'|escape }}", "{{ caller }}{{ varargs }}{{ kwargs }}", "{% set range = 3 %}{{ range }}", "{% set ns = namespace(a=[]) %}{% set ns.a = ns.a + [1] %}{{ ns.a }}", "{% set content %}{{ n }}{% endset %}{{ content|length }}{{ content is string }}", "{{ (n, f)|join(' ') }} {{ [n, f, flag, nothing] }}",
]


def product_sources():
    """Every operator, filter, test, method and subscript on every value."""
    for value in VALUES:
        target = value if value[0].isalpha() and "|" not in value else f"({value})"
        yield from (f"{{{{ {target}|{filter} }}}}" for filter in FILTERS)
        yield from (f"{{{{ {target} is {test} }}}}" for test in TESTS)
        yield from (f"{{{{ {target}.{method} }}}}" for method in METHODS)
        yield from (f"{{{{ {target}{subscript} }}}}" for subscript in SUBSCRIPTS)
        # Views of dictionaries are sets in Python, which no template makes use of.
        operators = [operator for operator in BINARY if not value.endswith("s()") or operator != "-"]
        yield from (f"{{{{ {target} {operator} {other} }}}}" for operator in operators for other in SMALL)


def committed_sources(random):
    """All whole templates, and a sample of the products."""
    products = [source for source in product_sources() if len(source) < 90]
    yield from ((source, "plain") for source in TEMPLATES)
    yield from ((source, "plain") for source in random.sample(products, 700))


class Grammar:
    """Random expressions and statements."""

    def __init__(self, random):
        self.random = random

    def expression(self, depth=3):
        pick = self.random.random()
        if depth == 0 or pick < 0.2:
            return self.random.choice(VALUES + SMALL + ["x", "y", "loop.index"])
        inner = self.expression(depth - 1)
        target = inner if inner[0].isalpha() and not set(" |(") & set(inner) else f"({inner})"
        if pick < 0.4:
            return f"{target}|{self.random.choice(FILTERS)}"
        if pick < 0.5:
            return f"{target}.{self.random.choice(METHODS)}"
        if pick < 0.6:
            return f"{target}{self.random.choice(SUBSCRIPTS)}"
        if pick < 0.65:
            return f"{target} is {self.random.choice(TESTS)}"
        if pick < 0.85:
            other = self.expression(depth - 1)
            if self.random.random() < 0.5:
                other = f"({other})"
            return f"{target} {self.random.choice(BINARY)} {other}"
        if pick < 0.9:
            return f"{inner} if {self.expression(depth - 1)} else {self.expression(depth - 1)}"
        if pick < 0.95:
            return f"[{inner}, {self.expression(depth - 1)}]"
        return self.random.choice(["not ", "-", "+"]) + target

    def text(self):
        return self.random.choice(["", "a", " ", "\n", "  \n", " b\n", "\n  ", "\t", "\n\n"])

    def tag(self, body):
        left, right = self.random.choice(["", "", "-", "+"]), self.random.choice(["", "", "-", "+"])
        return "{%" + left + " " + body + " " + right + "%}"

    def statement(self, depth=3):
        pick = self.random.random()
        if depth == 0 or pick < 0.35:
            return "{{" + self.random.choice(["", "-"]) + " " + self.expression(2) + " " + self.random.choice(["", "-"]) + "}}"
        if pick < 0.5:
            parts = [self.tag("if " + self.expression(2)), self.body(depth)]
            if self.random.random() < 0.4:
                parts += [self.tag("elif " + self.expression(1)), self.body(depth)]
            if self.random.random() < 0.5:
                parts += [self.tag("else"), self.body(depth)]
            return "".join(parts + [self.tag("endif")])
        if pick < 0.65:
            target = self.random.choice(["x", "x", "y", "x, y"])
            condition = self.random.choice(["", "", " if x"])
            parts = [self.tag(f"for {target} in ({self.expression(1)}){condition}"), self.body(depth)]
            if self.random.random() < 0.3:
                parts.append(self.tag("if loop.index > 1") + self.tag(self.random.choice(["break", "continue"])) + self.tag("endif"))
            if self.random.random() < 0.3:
                parts += [self.tag("else"), self.body(depth)]
            return "".join(parts + [self.tag("endfor")])
        if pick < 0.8:
            return self.tag(f"set {self.random.choice(['x', 'y'])} = {self.expression(2)}")
        if pick < 0.85:
            return self.tag("set x") + self.body(depth) + self.tag("endset")
        if pick < 0.92:
            return self.tag("macro m(x, y=1)") + self.body(depth) + self.tag("endmacro") + "{{ m(" + self.expression(1) + ") }}"
        if pick < 0.95:
            return self.tag("with x = " + self.expression(1)) + self.body(depth) + self.tag("endwith")
        return self.tag("filter upper") + self.body(depth) + self.tag("endfilter")

    def body(self, depth):
        return "".join(self.text() + self.statement(depth - 1) + self.text() for _ in range(self.random.randint(1, 2)))


def random_sources(random, count):
    """Every product first where there is room for them, then random expressions and templates."""
    products = list(product_sources())
    random.shuffle(products)
    grammar = Grammar(random)
    for index in range(count):
        if index < len(products) and index % 3 == 0:
            yield products[index], "plain"
        elif index % 3 == 1:
            yield "{{ " + grammar.expression() + " }}", "plain"
        else:
            yield grammar.body(4), "plain"
