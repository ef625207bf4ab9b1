# One-liners for contributors; `just --list` shows them, and each can be typed by hand as well.

python := ".venv/bin/python"

# make the environment, with what the tests and benchmarks need
setup:
    python3 -m venv .venv && .venv/bin/pip install -q -e '.[bench]'

# all tests, as CI runs them
test *args:
    {{python}} -m pytest {{args}}

# the tests that need neither databases, browsers nor mail servers
fast:
    {{python}} -m pytest tests/text tests/names tests/rules tests/papers tests/sources tests/mail tests/subscriptions tests/render

# the tests of one module: just one rules/test_query.py -k phrase
one file *args:
    {{python}} -m pytest -n 0 tests/{{file}} {{args}}

# lint and format
lint:
    .venv/bin/ruff check --fix . && .venv/bin/ruff format .

# mypy in strict mode, tests too
types:
    .venv/bin/mypy

# which package may import which
layers:
    .venv/bin/lint-imports

# a benchmark beside another way to do the same: just bench letters
bench name *args:
    {{python}} -m tests.bench {{name}} {{args}}

# one letter of each kind and the pages, as pictures
look:
    {{python}} -m tests.look

# validators, a browser and mail servers on the letters and pages (installs them; needs root)
outside:
    .ci/outside

# every fault of mail delivery, and the short kill test
faults:
    {{python}} -m pytest -m faults tests/faults tests/chaos

# the versions that the image installs
constraints:
    python3 -m venv .venv/constraints && .venv/constraints/bin/pip install -q '.[queue]'
    .venv/constraints/bin/pip freeze --exclude morning-papers | sed '1i # The versions of all packages in the image, as `just constraints` last found them.' > config/deploy/constraints.txt
