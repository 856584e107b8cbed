"""Rooms import from top to bottom, never back: the contracts of pyproject.toml, which no room stands outside of."""

import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
# nothing imports these, and they may import everything
OUTSIDE = {"bench", "tests"}


def test_rooms_import_from_top_to_bottom_and_never_back():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "0 broken" in done.stdout
    assert "0 kept" not in done.stdout


def test_every_room_stands_in_the_contract():
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - OUTSIDE
    layers = next(one["layers"] for one in LINTER["contracts"] if "containers" not in one and one["type"] == "layers")
    listed = {room for layer in layers for room in layer.split(" | ")}
    assert rooms == listed | {"sandbox"} == set(LINTER["root_packages"])


def test_nothing_imports_in_a_circle():
    graph = grimp.build_graph(*LINTER["root_packages"], cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # raises CycleError, which names the circle
    TopologicalSorter(imports).prepare()


def test_nothing_imports_the_bench_or_the_demo():
    graph = grimp.build_graph(*LINTER["root_packages"], cache_dir=None)
    importers = {one for module in graph.modules if module.split(".")[0] == "demo"
                 for one in graph.find_modules_that_directly_import(module)}  # fmt: skip
    assert {one for one in importers if one.split(".")[0] != "demo"} == set()
    for path in ROOT.glob("*/**/*.py"):
        if path.relative_to(ROOT).parts[0] in LINTER["root_packages"]:
            assert "import bench" not in path.read_text()
            assert "from bench" not in path.read_text()
