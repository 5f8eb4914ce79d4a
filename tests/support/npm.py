"""Packages of npm for pages of tests, joined into one script that a browser can run as it is."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.require import require

FETCH_S = 45.0
_REQUIRED = re.compile(r"""\brequire\(["']([^"']+)["']\)""")


def installed(package: str, folder: Path) -> Path:
    """Fetch ``name@version`` and what it needs; the folder of its modules.

    Npm is a part of this machine and must be there; its registry is not, and skips the test.
    """
    require("npm")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--prefix", str(folder)]
    try:
        subprocess.run(["npm", "install", *options, package], capture_output=True, timeout=FETCH_S, check=True)
    except subprocess.SubprocessError as error:
        pytest.skip(f"npm does not get {package}: {error}")
    return folder / "node_modules"


def bundle(modules: Path, package: str) -> str:
    """A classic script that defines ``package``'s exports as ``window.bundled``."""
    defined: dict[str, str] = {}

    def define(path: Path) -> str:
        name = str(path.relative_to(modules))
        if name not in defined:
            defined[name] = ""
            text = path.read_text(encoding="utf-8")
            defined[name] = _REQUIRED.sub(
                lambda found: f"require({json.dumps(define(_found(modules, path, found.group(1))))})", text
            )
        return name

    first = define(_entry(modules / package))
    bodies = ",\n".join(
        f"{json.dumps(name)}: (module, exports, require) => {{\n{text}\n}}" for name, text in defined.items()
    )
    return f"""\
const modules = {{{bodies}}}, made = {{}};
function require(name) {{
  if (!(name in made)) {{
    made[name] = {{ exports: {{}} }};
    modules[name](made[name], made[name].exports, require);
  }}
  return made[name].exports;
}}
window.bundled = require({json.dumps(first)});
"""


def _found(modules: Path, path: Path, name: str) -> Path:
    return _file(path.parent / name) if name.startswith(".") else _entry(modules / name)


def _entry(package: Path) -> Path:
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return _file(package / about.get("main", "index.js"))


def _file(place: Path) -> Path:
    """As Node finds it: the file, with ``.js``, or the folder's index."""
    found = [path for path in (place, place.with_name(place.name + ".js"), place / "index.js") if path.is_file()]
    return found[0].resolve()
