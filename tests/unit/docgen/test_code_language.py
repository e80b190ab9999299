import pytest
from docgen.code_language import canonical_language, guess_language

from tests.support.pages import markdown_of


@pytest.mark.parametrize(
    "body",
    [
        "<pre class='language-python'>x</pre>",
        "<pre><code class='lang-py'>x</code></pre>",
        "<pre class='brush: python; gutter: false'>x</pre>",
        "<pre class='sourceCode python'><code>x</code></pre>",
        "<pre><code class='hljs python'>x</code></pre>",
        "<pre data-lang='python'>x</pre>",
        "<pre><code data-language='python'>x</code></pre>",
        "<pre class='prettyprint lang-python'>x</pre>",
        "<pre class='python'>x</pre>",
        "<div class='highlight-python3 notranslate'><div><pre>x</pre></div></div>",
        "<div class='language-python highlighter-rouge'><div><pre>x</pre></div></div>",
        "<div class='highlight highlight-source-python'><pre>x</pre></div>",
        "<pre><pre class='playground'><code class='language-python'>x</code></pre></pre>",
    ],
)
def test_the_language_is_known_in_every_spelling(body):
    assert markdown_of(body) == "```python\nx\n```"


@pytest.mark.parametrize("name", ["none", "text", "default", "plaintext", "nohighlight", "", "{}"])
def test_names_that_name_no_language(name):
    assert canonical_language(name) is None


@pytest.mark.parametrize(
    ("code", "language"),
    [
        (">>> 1 + 1\n2", "pycon"),
        ("#!/usr/bin/env python3\nx", "python"),
        ("from os import path\n\nprint(path)", "python"),
        ("$ ls -l\ntotal 0", "console"),
        ("#include <stdio.h>\nint main(void) { return 0; }", "c"),
        ("#include <vector>\nstd::vector<int> v;", "cpp"),
        ("SELECT a FROM b WHERE c;", "sql"),
        ('{"a": 1}', "json"),
        ("<?xml version='1.0'?><a/>", "xml"),
        ("diff --git a/x b/x\n", "diff"),
        ("fn main() {\n    println!();\n}", "rust"),
        ("package main\n\nfunc main() {\n}", "go"),
        ("import QtQuick 2.0\n\nItem {}", "qml"),
        ("# a\ndef self.pick(row)\n  row\nend", "ruby"),
        ("const x = require('x')", "javascript"),
        ("[core]\n\teditor = vi", "ini"),
        ("# first\nnpm i -D thing\n\ncd thing && yarn", "bash"),
        ("docker run \\\n  --rm \\\n  image", "bash"),
    ],
)
def test_what_is_sure_is_guessed(code, language):
    assert guess_language(code) == language


@pytest.mark.parametrize(
    "code",
    [
        "x = 1",
        "hello world",
        "let x = 5;",
        "usage: git [--version]",
        "git is what keeps track",
        "npm WARN deprecated thing@1",
        "cd build\n[  1%] Building",
        "# nothing but a remark",
        "a: b",
        "1 2 3",
        "",
        "def x\n  y",
    ],
)
def test_what_is_not_sure_is_not_guessed(code):
    assert guess_language(code) is None
