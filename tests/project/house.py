"""Counts of the house: folders, files, functions, docstrings.

python -m tests.project.house [FOLDER]      # of another checkout, to compare
"""

import ast
import re
import sys
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TEST = re.compile(r"^\s*(?:async )?def test_", re.MULTILINE)
PACKAGES = ("domain", "warehouse", "features", "models", "pipelines", "dashboards")


@dataclass(frozen=True)
class House:
    """Modules per folder, lines per file, lines per function, and public definitions without a docstring."""

    modules: dict[str, int]
    lines: dict[str, int]
    function_lines: tuple[int, ...]
    n_public: int
    undocumented: tuple[str, ...]
    n_format_exceptions: int
    n_tests: int

    @property
    def documented(self) -> float:
        """Share of public functions, methods and classes with a docstring."""
        return 1 - len(self.undocumented) / max(self.n_public, 1)

    def function_quantile(self, level: float) -> int:
        """Lines of a function at a level of their distribution."""
        ordered = sorted(self.function_lines)
        return ordered[min(int(level * len(ordered)), len(ordered) - 1)]


@lru_cache
def measure(root: Path = ROOT) -> House:
    """Count what stands in the packages of a checkout."""
    files = [f for package in PACKAGES for f in sorted((root / package).rglob("*.py"))]
    folders = Counter(str(f.parent.relative_to(root)) for f in files if not f.name.startswith("__"))
    trees = {str(f.relative_to(root)): ast.parse(f.read_text(encoding="utf-8")) for f in files}
    functions = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    public = [(f"{name}:{d.name}", ast.get_docstring(d)) for name, tree in trees.items() for d in _public(tree)]
    texts = {str(f.relative_to(root)): f.read_text(encoding="utf-8") for f in files}
    return House(
        modules=dict(folders),
        lines={name: text.count("\n") for name, text in texts.items()},
        function_lines=tuple(functions),
        n_public=len(public),
        undocumented=tuple(name for name, doc in public if not doc),
        n_format_exceptions=sum(text.count("# fmt: skip") for text in texts.values()),
        n_tests=sum(len(_TEST.findall(f.read_text(encoding="utf-8"))) for f in (root / "tests").rglob("test_*.py")),
    )


def _public(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Public functions and classes of a module, and public methods of its classes, overrides of libraries left out."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    top = [n for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")]
    methods = [
        m
        for n in top
        if isinstance(n, ast.ClassDef) and not _is_of_a_library(n)
        for m in n.body
        if isinstance(m, kinds) and not m.name.startswith("_")
    ]
    return [*top, *methods]


def _is_of_a_library(node: ast.ClassDef) -> bool:
    """Whether a class fills in what a library asks for: its methods are documented there."""
    bases = {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases}
    return bool(bases & {"Module", "LightningModule", "Callback", "Dataset", "Sampler", "LogitsProcessor"})


def main() -> None:
    """Print the counts."""
    house = measure(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
    widest = sorted(house.modules.items(), key=lambda item: -item[1])[:5]
    longest = sorted(house.lines.items(), key=lambda item: -item[1])[:8]
    print(f"{len(house.lines)} files, {sum(house.lines.values()):,} lines, {len(house.modules)} folders with modules")
    print("widest folders:  " + ", ".join(f"{name} {n}" for name, n in widest))
    print("longest files:   " + ", ".join(f"{name} {n}" for name, n in longest))
    levels = ", ".join(f"p{100 * level:.0f} {house.function_quantile(level)}" for level in (0.5, 0.9, 0.99))
    print(f"{len(house.function_lines):,} functions, lines: {levels}, longest {max(house.function_lines)}")
    print(f"{100 * house.documented:.1f} % of {house.n_public:,} public definitions have a docstring")
    print(f"{house.n_format_exceptions} exceptions from the formatter, {house.n_tests:,} tests")
    for name in house.undocumented:
        print(f"  without a docstring: {name}")


if __name__ == "__main__":
    main()
