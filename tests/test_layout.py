"""Guard the layout: who imports whom, what the wheel carries, what an import costs."""

from __future__ import annotations

import ast
import doctest
import importlib
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
PACKAGES: list[str] = SETUPTOOLS["packages"]
MAPPED: dict[str, str] = SETUPTOOLS["package-dir"]
FOLDERS = ["judges", "prm", "scalar", "eval"]
COMPOSERS = ["cli", "suite", "demo", "demo_live", "pocket_train", "serve", "integrations", "__main__"]


def folder(package: str) -> Path:
    """Return where a package lies: its mapped ancestor's folder, then its own path below."""
    top = max((name for name in MAPPED if f"{package}.".startswith(f"{name}.")), key=len)
    return ROOT / (MAPPED[top] + package.removeprefix(top).replace(".", "/"))


def imports(top: Path, package: str = "") -> Iterator[tuple[Path, int, str]]:
    """Yield (file, leading dots, dotted name) of every import below a folder.

    With a package name, relative imports are resolved to absolute ones (and have no dots left).
    """
    for file in top.rglob("*.py"):
        here = [package, *file.relative_to(top).with_suffix("").parts] if package else []
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((file, 0, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                stem = f"{node.module}." if node.module else ""
                base = ".".join(here[: len(here) - node.level]) + "." if here and node.level else ""
                yield from ((file, 0 if base else node.level, base + stem + alias.name) for alias in node.names)


def reaches(targets: list[str], dots: int, name: str) -> bool:
    """Tell whether an absolute import lands in one of the targets, with or without `assay.`."""
    return dots == 0 and name.removeprefix("assay.").split(".")[0] in targets


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_imports_itself_relatively_and_its_siblings_never(name: str) -> None:
    for file, dots, target in imports(ROOT / name):
        assert not reaches(FOLDERS + COMPOSERS, dots, target), f"{file} imports {target}"
        assert dots <= len(file.relative_to(ROOT / name).parts), f"{file}: {target} leaves the folder"


def test_shared_code_imports_neither_folders_nor_composers() -> None:
    seen = 0
    for file, dots, target in imports(ROOT / "src/assay", "assay"):
        owner = file.relative_to(ROOT / "src/assay").parts[0].removesuffix(".py")
        assert owner in COMPOSERS or not reaches(FOLDERS + COMPOSERS, dots, target), f"{file} imports {target}"
        seen += 1
    assert seen > 100


def test_a_relative_import_of_a_composer_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "types.py").write_text("from . import cli\n")
    [(_, dots, target)] = imports(tmp_path, "assay")
    assert reaches(COMPOSERS, dots, target)


def test_nobody_imports_a_folder_by_its_bare_name() -> None:
    for file, dots, target in [*imports(ROOT / "src"), *imports(ROOT / "tests")]:
        assert dots or target.split(".")[0] not in FOLDERS, f"{file}: write assay.{target}"


def test_eval_needs_numpy_scipy_and_scikit_learn_only() -> None:
    allowed = {"assay", "numpy", "scipy", "sklearn", *sys.stdlib_module_names}
    pages = {"jinja2", "matplotlib", "pyarrow", "markupsafe"}
    for file, dots, target in imports(ROOT / "eval"):
        extra = pages if file.name.startswith("report_") else set()
        assert dots or target.split(".")[0] in allowed | extra, f"{file} imports {target}"


def test_every_package_is_shipped_and_none_is_hidden() -> None:
    found = {file.parent for path in MAPPED.values() for file in (ROOT / path).rglob("__init__.py")}
    assert {folder(package) for package in PACKAGES} == found
    for package, path in MAPPED.items():
        twin = ROOT / "src" / package.replace(".", "/")
        assert package == "assay" or not (twin.exists() or twin.with_suffix(".py").exists()), f"{twin} hides {path}/"


def test_every_folder_has_its_stub() -> None:
    for name in FOLDERS:
        assert (ROOT / f"src/assay/{name}.pyi").read_text().startswith(f"from {name} import *")


MODULES = [
    p if f.stem == "__init__" else f"{p}.{f.stem}"
    for p in PACKAGES
    for f in sorted(folder(p).glob("*.py"))
    if f.stem != "__main__"
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_print_what_they_say(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("how", ["import assay", "from assay.cli import main; main(['--help'])"])
def test_importing_and_asking_for_help_load_nothing_heavy(how: str) -> None:
    code = f"""
import sys
try:
    {how}
except SystemExit as end:
    assert not end.code
heavy = ("torch", "transformers", "datasets", "scipy", "sklearn", "pyarrow")
print(",".join(name for name in heavy if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_every_public_name_can_be_loaded_and_is_listed() -> None:
    import assay

    assert all(getattr(assay, name) is not None for name in assay.__all__)
    assert set(assay.__all__) <= set(dir(assay))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = assay.nonsense
