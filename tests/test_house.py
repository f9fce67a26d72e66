"""The repository keeps its own rules: what CONTRIBUTING promises and no linter checks."""

import ast
import doctest
import importlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("archive", "crawler", "pipelines")
PINS = ("runtime", "dev", "bench")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MODULES = sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout: a source archive lists no tracked files")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [path for name in listing.decode().split("\0") if name and (path := ROOT / name).is_file()]


def pinned(name: str) -> dict[str, list[tuple[Requirement, int]]]:
    """Each pinned distribution with its requirement lines (one per marker) and how many hashes each has."""
    text = (ROOT / f"requirements/{name}.txt").read_text().replace("\\\n", " ")
    pins: dict[str, list[tuple[Requirement, int]]] = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            requirement, *hashes = re.split(r"\s+--hash=sha256:", line)
            parsed = Requirement(requirement)
            pins.setdefault(canonicalize_name(parsed.name), []).append((parsed, len(hashes)))
    return pins


# What must not be in the repository


def test_no_file_names_a_package_index_or_a_place_on_one_machine(tracked: list[Path]) -> None:
    hosts = r"pypi\.|pythonhosted\.|npmjs\.|deb\.debian\."
    places = r"work|root|opt/pypi|tmp/v|home/\w+|Users/\w+"
    # A place starts with a slash that belongs to no URL or longer path.
    forbidden = re.compile(rf"(?i:\b({hosts})(org|com)\b)|(?<![\w.:/}}-])/({places})/")
    found = []
    for path in tracked:
        if path.is_relative_to(ROOT / "tests/sites"):
            continue  # real pages say what they like
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in forbidden.finditer(text)]
    assert found == []


def test_no_tracked_file_is_larger_than_a_megabyte(tracked: list[Path]) -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked if path.stat().st_size > 1_000_000] == []


def test_tests_have_no_init_file(tracked: list[Path]) -> None:
    assert [str(path) for path in tracked if path.name == "__init__.py" and path.is_relative_to(ROOT / "tests")] == []


# Pins


@pytest.mark.parametrize("name", PINS)
def test_every_pin_is_exact_and_has_hashes(name: str) -> None:
    pins = pinned(name)
    assert pins
    for lines in pins.values():
        for requirement, hashes in lines:
            assert hashes > 0, requirement
            assert [s.operator for s in requirement.specifier] == ["=="], requirement


@pytest.mark.parametrize("name", PINS)
def test_pin_files_hold_no_options(name: str) -> None:
    lines = (ROOT / f"requirements/{name}.txt").read_text().splitlines()
    assert [line for line in lines if line.startswith("-") or "://" in line] == []


def test_pins_fulfil_what_pyproject_declares() -> None:
    groups = PYPROJECT["dependency-groups"]
    runtime = [*PYPROJECT["project"]["dependencies"], *groups["build"]]
    for name, declared in (
        ("runtime", runtime),
        ("dev", [*runtime, *groups["dev"]]),
        ("bench", [*runtime, *groups["dev"], *groups["bench"]]),
    ):
        pins = pinned(name)
        for requirement in map(Requirement, declared):
            assert canonicalize_name(requirement.name) in pins, f"{requirement} has no pin in {name}.txt: make pins"
            for line, _ in pins[canonicalize_name(requirement.name)]:
                version = next(iter(line.specifier)).version
                assert requirement.specifier.contains(version), f"{line} in {name}.txt is not {requirement}: make pins"


@pytest.mark.parametrize(("smaller", "larger"), [("runtime", "dev"), ("dev", "bench")])
def test_larger_sets_of_pins_hold_the_smaller_ones_unchanged(smaller: str, larger: str) -> None:
    def versions(name: str) -> set[str]:
        return {f"{line.name}{line.specifier}" for lines in pinned(name).values() for line, _ in lines}

    assert versions(smaller) <= versions(larger)


def test_pins_leave_no_requirement_open() -> None:
    pytest.importorskip("pip", reason="an environment made without pip")
    done = subprocess.run([sys.executable, "-m", "pip", "check"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


# Packaging


def test_the_build_backend_is_pinned_with_the_rest() -> None:
    assert PYPROJECT["build-system"]["requires"] == PYPROJECT["dependency-groups"]["build"]


def test_changelog_opens_with_the_version_of_pyproject() -> None:
    headings = re.findall(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == PYPROJECT["project"]["version"]


@pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="no README.md yet")
def test_readme_goes_with_the_package() -> None:
    assert PYPROJECT["project"].get("readme") == "README.md"


def test_wheel_holds_every_file_of_the_packages_and_the_command(tracked: list[Path], tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the build backend comes with `make test`")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as built:
        held = set(built.namelist())
        (points,) = (name for name in held if name.endswith("entry_points.txt"))
        assert "morgue = crawler.cli:main" in built.read(points).decode()
    names = {path.relative_to(ROOT).as_posix() for path in tracked}
    assert {name for name in names if name.split("/")[0] in PACKAGES} <= held
    assert {name.split("/")[0] for name in held if ".dist-info/" not in name} == set(PACKAGES)


# Modules


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_says_what_it_is_for(module: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / module).read_text())), f"{module} has no docstring"


def dotted(module: Path) -> str:
    return ".".join(module.with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("module", [m for m in MODULES if ">>> " in (ROOT / m).read_text()], ids=str)
def test_examples_in_docstrings_hold(module: Path) -> None:
    outcome = doctest.testmod(importlib.import_module(dotted(module)))
    assert outcome.failed == 0


def imports(module: Path) -> Iterator[tuple[str, bool]]:
    """Top-level names that a module imports, each with whether it is imported as a bare name (`import x`)."""
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], True) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0], False


def test_what_is_imported_is_declared() -> None:
    declared = {canonicalize_name(Requirement(line).name) for line in PYPROJECT["project"]["dependencies"]}
    for extra in PYPROJECT["project"]["optional-dependencies"].values():
        declared |= {canonicalize_name(Requirement(line).name) for line in extra}
    providers = importlib.metadata.packages_distributions()
    undeclared = []
    for module in MODULES:
        for name, _ in imports(module):
            if name in PACKAGES or name in sys.stdlib_module_names:
                continue
            distributions = {canonicalize_name(distribution) for distribution in providers.get(name, [name])}
            if not distributions & declared:
                undeclared.append(f"{module}: {name}")
    assert not undeclared, "\n".join(undeclared)


def test_no_module_imports_the_crawler_by_its_bare_name() -> None:
    # Scrapy's from_crawler(cls, crawler) takes that name.
    assert [str(module) for module in MODULES if ("crawler", True) in imports(module)] == []


@pytest.mark.parametrize(
    ("package", "strangers"),
    [
        ("archive", ("scrapy", "twisted", "trafilatura", "crawler", "pipelines")),
        ("pipelines", ("scrapy", "twisted", "crawler")),
    ],
)
def test_lower_layers_load_without_the_upper_ones(package: str, strangers: tuple[str, ...]) -> None:
    # Every module is loaded, so that no import hides in one that the package's front door leaves out.
    names = [dotted(m) for m in MODULES if m.parts[0] == package]
    program = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(*[name for name in {strangers!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
