"""In which language is a code block written?"""

import re
from collections.abc import Mapping

from docgen.vocabulary import word_set

_ALIASES = {
    "py": "python",
    "python3": "python",
    "python2": "python",
    "py3": "python",
    "ipython": "python",
    "ipython3": "python",
    "ipython2": "python",
    "pycon3": "pycon",
    "ipythontb": "pytb",
    "python-console": "pycon",
    "python-repl": "pycon",
    "sh": "bash",
    "shell": "bash",
    "zsh": "bash",
    "ksh": "bash",
    "shell-script": "bash",
    "shellscript": "bash",
    "bash-session": "console",
    "shell-session": "console",
    "shellsession": "console",
    "sh-session": "console",
    "terminal": "console",
    "js": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "node": "javascript",
    "nodejs": "javascript",
    "ts": "typescript",
    "yml": "yaml",
    "c++": "cpp",
    "cxx": "cpp",
    "cc": "cpp",
    "hpp": "cpp",
    "c#": "csharp",
    "cs": "csharp",
    "f#": "fsharp",
    "rs": "rust",
    "rb": "ruby",
    "irb": "ruby",
    "pl": "perl",
    "golang": "go",
    "md": "markdown",
    "mkd": "markdown",
    "htm": "html",
    "xhtml": "html",
    "html5": "html",
    "svg": "xml",
    "erl": "erlang",
    "ex": "elixir",
    "iex": "elixir",
    "exs": "elixir",
    "hs": "haskell",
    "kt": "kotlin",
    "objc": "objective-c",
    "objectivec": "objective-c",
    "ps": "powershell",
    "ps1": "powershell",
    "pwsh": "powershell",
    "bat": "batch",
    "cmd": "batch",
    "dosbatch": "batch",
    "doscon": "doscon",
    "docker": "dockerfile",
    "makefile": "make",
    "mk": "make",
    "tf": "hcl",
    "terraform": "hcl",
    "cfg": "ini",
    "conf": "ini",
    "patch": "diff",
    "udiff": "diff",
    "postgresql": "sql",
    "mysql": "sql",
    "plpgsql": "sql",
    "apacheconf": "apache",
    "restructuredtext": "rst",
    "rest": "rst",
    "tex": "latex",
    "asm": "asm",
    "nasm": "asm",
    "delphi": "pascal",
    "gql": "graphql",
    "jsonc": "json",
    "json5": "json",
}
_KNOWN = frozenset(_ALIASES.values()) | word_set(
    """
    abnf ada apache applescript asciidoc asm asn1 awk bash batch bibtex bitbake bnf c clojure
    cmake coffeescript common-lisp console cpp cql crystal csharp css css+jinja csv cuda cypher
    cython d dart diff django dockerfile doscon dot dts ebnf eex elixir elm emacs-lisp erb erlang
    fish fortran fsharp gdscript gherkin glsl gnuplot go gradle graphql graphviz groovy handlebars
    haskell hcl heex hlsl html html+django html+erb html+jinja http ini java javascript jinja
    jinja2 jq json jsx julia kotlin latex less lisp llvm lua make man markdown mathematica matlab
    mermaid meson mysql nginx nim nix objective-c ocaml octave openqasm org pascal perl php
    plantuml po pot powershell prolog properties protobuf puppet pycon python qbs qml r racket
    regex roff rst ruby rust sass scala scheme scss sed smalltalk sml solidity sourcepawn sparql
    spec sql svelte swift systemd tcl terraform toml troff tsx turtle typescript vala vb vbnet
    verilog vhdl vim vue wasm xml xquery yaml yang zig
    """
)
_ENDINGS = {
    "h": "c",
    "hh": "cpp",
    "kts": "kotlin",
    "plist": "xml",
    "exs": "elixir",
    "pyi": "python",
}
"""Of the names of files, where no language is called so."""
_WORDS = word_set(
    "make spec dot j d c r org http fish less regex properties scheme terminal crystal"
)
"""Labels that rather say something else."""
_NOT_A_LANGUAGE = word_set(
    "default none text plaintext plain txt nohighlight notranslate no-highlight output source code",
    "literal guess auto raw ascii literal-block screen block example line lines snippet wrapper",
    "myst-ansi ansi",
)
_PREFIXED = re.compile(
    r"(?:^|\s)(language|lang|highlight-source|highlight|brush|source|src|syntax|prism|shj-lang|code)"
    r"(?:-|:\s*|_)([A-Za-z][\w+#.-]*)"
)
_MARKERS = word_set(
    "sourceCode hljs prettyprint src source highlight codehilite programlisting rouge chroma shiki",
    "prism example-code listing sourcecode code literal-block highlighter-rouge",
)
"""Classes beside which a bare name is that of a language."""
_AMBIGUOUS = word_set("r d c org j")  # too short to be believed outside `pre` and `code`
_HINT_ATTRIBUTES = (
    "data-lang", "data-language", "data-code-lang", "data-highlight-language", "language", "syntax",
    "data-mc-language"
)  # fmt: skip
_LONGEST_LOCALE = 3  # what people speak, not machines
_NAME = re.compile(r"[a-z][\w+#.-]{0,24}")


def canonical_language(name: str) -> str | None:
    """Bring a language's name to the spelling used in fences; None when it names none."""
    word = name.strip().lower().strip("{}.,;").removesuffix("-nolint")
    if not word or word in _NOT_A_LANGUAGE:
        return None
    word = _ALIASES.get(word, word)
    return word if _NAME.fullmatch(word) else None


def is_language(name: str) -> bool:
    """Whether a label names a language, and nothing else that one may be called."""
    return canonical_language(name) in _KNOWN and name.lower() not in _WORDS


def language_of_file(name: str) -> str | None:
    """The language of a file with this name; None unless it is known."""
    ending = name.lower().rpartition(".")[2]
    word = _ENDINGS.get(ending) or _ALIASES.get(ending, ending)
    return word if word in _KNOWN else None


def named_language(name: str, attributes: Mapping[str, str]) -> str | None:
    """Read the language an element's attributes name, in any generator's spelling."""
    for attribute in _HINT_ATTRIBUTES:
        if attribute in attributes:
            found = canonical_language(attributes[attribute])
            if found:
                return found
    if name == "pre" and len(attributes.get("lang", "")) > _LONGEST_LOCALE:
        found = canonical_language(attributes["lang"])  # GitHub's, of what it shows otherwise
        if found in _KNOWN:
            return found
    classes = attributes.get("class")
    if not classes:
        return None
    for match in _PREFIXED.finditer(classes):
        found = canonical_language(match[2])
        if found and (match[1] != "code" or found in _KNOWN):  # not `code-block`, `code-group`
            return found
    return _bare_language(name, classes.split())


def _bare_language(name: str, classes: list[str]) -> str | None:
    """The language among classes like `sourceCode haskell`, `prettyprint python`, `rust`."""
    is_code = name in ("pre", "code")
    if not is_code and _MARKERS.isdisjoint(classes):
        return None
    for word in map(str.lower, classes):
        language = _ALIASES.get(word, word)
        if language in _KNOWN and (is_code or word not in _AMBIGUOUS):
            return language
    return None


_PROMPT_PYTHON = re.compile(r"^(?:>>>|In \[\d+\]:) ?", re.M)
_PROMPT_SHELL = re.compile(r"^(?:\$|[\w.-]+@[\w.-]+[:~/\w]*[$#]) \S", re.M)
_C_INCLUDE = re.compile(r"^\s*#\s*include\s*[<\"]([^>\"\n]+)[>\"]", re.M)
_CPP_SIGN = re.compile(
    r"\bstd::|\btemplate\s*<|\bnamespace\s+\w|\bclass\s+\w+\s*[:{]|\busing\s+namespace\b|\bpublic:|\bconstexpr\b"
)
_SQL = re.compile(
    r"^\s*(?:SELECT\b.+\bFROM\b|INSERT\s+INTO\b|CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP\w*\s+)?"
    r"(?:TABLE|INDEX|VIEW|FUNCTION|TRIGGER|DATABASE|SCHEMA|ROLE|USER|TYPE)\b|ALTER\s+TABLE\b|"
    r"UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b|DROP\s+(?:TABLE|INDEX|VIEW)\b)",
    re.I | re.S,
)
_JSON = re.compile(r'^\s*[\[{]\s*(?:"[^"\n]*"\s*:|\{|\]|\}|"[^"\n]*"\s*[,\]])')
_XML = re.compile(r"^\s*(?:<\?xml\b|<!DOCTYPE\s+(?!html)\w)", re.I)
_HTML = re.compile(
    r"^\s*(?:<!DOCTYPE html|<html\b|<(?:div|p|head|body|ul|table|form|script)\b[^>]*>)", re.I
)
_DIFF = re.compile(r"^(?:diff --git |--- \S.*\n\+\+\+ \S|@@ -\d+)", re.M)
_PYTHON = re.compile(
    r"^(?:from [\w.]+ import |(?:async )?def \w+\(.*\).*:\s*$|class \w+(?:\(.*\))?:\s*$"
    r"|import [\w.]+(?: as \w+)?\s*$|@\w[\w.]*(?:\(.*\))?\n(?:async )?def )",
    re.M,
)
_RUST = re.compile(
    r"\bfn \w+(?:<[^>]*>)?\(.*\)[^;\n]*\{|\blet mut \w|^\s*use (?:std|crate)::"
    r"|\bimpl(?:<[^>]*>)? \w|println!\(",
    re.M,
)
_GO = re.compile(
    r"^package \w+\s*$|^func (?:\(\w+ \*?\w+\) )?\w+\(.*\{\s*$"
    r"|\Afunc (?:\(\w+ \*?\w+\) )?[A-Z]\w*\([^>:]*\Z",
    re.M,
)
_CSHARP = re.compile(
    r"^using (?:static )?[A-Z]\w*(?:\.\w+)*;\s*$|\bConsole\.Write(?:Line)?\(", re.M
)
_JAVA = re.compile(
    r"\bpublic (?:static |final |abstract )*(?:class|interface|void|enum) \w+"
    r"|System\.out\.print|^import java[x]?\.",
    re.M,
)
_ELIXIR = re.compile(r"^@(?:spec|type|typep|opaque|callback) \w+[?!]?(?:\(| ::)", re.M)
_QML = re.compile(
    r"^import Qt[\w.]*(?: \d[\d.]*)?\s*$|^[A-Z][\w.]* \{\n(?:.*\n){0,3}?\s+"
    r"(?:id|anchors\.\w+|width|height|property|on[A-Z]\w*|Component\.\w+)\b",
    re.M,
)
_RUBY = re.compile(
    r"\A(?=(?:.*\n)*?[ \t]*def (?:self\.)?\w+[?!=]?(?:\([^)\n]*\))?[ \t]*(?:;.*)?$)"
    r"(?=[\s\S]*?(?:^[ \t]*|; *)end\b)",
    re.M,
)
_JAVASCRIPT = re.compile(
    r"^\s*const [\w{\[][^:\n]* = |\bconsole\.log\(|\brequire\(['\"]"
    r"|^import .* from ['\"]|^\s*(?:async )?function \w*\(.*\) \{",
    re.M,
)
_TOML = re.compile(
    r"^\[[\w.\"-]+\]\s*\n(?:\s*#.*\n|\s*\n)*[\w.\"-]+ = (?:\"|\[|\{|\d|true|false)", re.M
)
_INI = re.compile(r"^\[[\w. \":/-]+\]\s*\n(?:\s*[#;].*\n|\s*\n)*\s*[\w.-]+ ?= ?", re.M)
_COMMAND = re.compile(
    r"(?:sudo )?(?:npm|npx|pnpm|yarn|bunx?|pip3?|pipx|uvx?|conda|poetry|brew|apt(?:-get)?|dnf|apk"
    r"|gem|bundle|composer|cargo|rustup|git|docker(?:-compose)?|podman|kubectl|helm|terraform|curl"
    r"|wget|mkdir|cd|chmod|systemctl|go (?:get|install|run|build|mod|test))"
    r"(?= (?!WARN|ERR|is|are)[\w.~/@$'\"-]|$)"
)
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-S\s+)?)?(\w+)")
_GUESS_LIMIT = 4_000


def _guess_c(code: str) -> str | None:
    headers = _C_INCLUDE.findall(code)
    if not headers:
        return None
    if _CPP_SIGN.search(code) or any("." not in header for header in headers):
        return "cpp"
    return "c"


def _is_commands(code: str) -> bool:
    """Whether every line that begins a command calls what everybody has at hand."""
    commands = 0
    goes_on = False
    for line in code.splitlines():
        text = line.strip()
        if text and text[0] != "#" and not goes_on:
            if not _COMMAND.match(line):
                return False
            commands += 1
        goes_on = text.endswith("\\")
    return commands > 0


def guess_language(code: str) -> str | None:
    """Guess the language from the code itself; None unless quite sure.

    A wrong language is worse than none, so each rule asks for something that other
    languages hardly ever write.
    """
    code = code[:_GUESS_LIMIT]
    shebang = _SHEBANG.match(code)
    if shebang:
        return canonical_language(re.sub(r"\d+$", "", shebang[1]))
    if _PROMPT_PYTHON.search(code):
        return "pycon" if code.lstrip().startswith(">>>") else "python"
    for pattern, language in _ORDERED:
        if pattern.search(code):
            return language
    if _is_commands(code):
        return "bash"
    return _guess_c(code)


_ORDERED = (
    (_DIFF, "diff"),
    (_XML, "xml"),
    (_HTML, "html"),
    (_JSON, "json"),
    (_PROMPT_SHELL, "console"),
    (_RUST, "rust"),
    (_GO, "go"),
    (_CSHARP, "csharp"),
    (_JAVA, "java"),
    (_PYTHON, "python"),
    (_RUBY, "ruby"),
    (_SQL, "sql"),
    (_TOML, "toml"),
    (_INI, "ini"),
    (_ELIXIR, "elixir"),
    (_QML, "qml"),
    (_JAVASCRIPT, "javascript"),
)
