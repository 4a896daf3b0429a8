# Every command sets up what it needs in .venv, from the lock files, and nothing outside this directory.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test check bench soak faults mutants lock wheel licences sbom docs image-steps stand-ins engine clean

demo: $(READY)
	$(BIN)/python -m gateway.demo $(DEMO)

test: check
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist loadfile $(PYTEST)
	$(BIN)/coverage combine --quiet
	$(BIN)/python tests/coverage_floors.py
	$(BIN)/python tests/audit.py

check: $(READY)
	$(BIN)/ruff format --check gateway tests setup.py
	$(BIN)/ruff check gateway tests setup.py
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python -m tests.bench

# A hundred thousand logins of all kinds, which takes an hour; BENCH_SOAK and BENCH_SOAK_MINUTES make it shorter.
soak: $(READY)
	nice -n 10 $(BIN)/python -m tests.bench soak

# Makes every fault that docs/reference/faults.md tells of, and writes the page of what was seen.
faults: $(READY)
	$(BIN)/python -m tests.faults

# Breaks the decision in every small way and lists what no test notices; takes long.
mutants: $(READY)
	$(BIN)/python -m tests.mutants $(MUTANTS)

# The wheel into dist/: the same commit, the same octets.
wheel: $(READY)
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

# Under which licences the dependencies are; a new one that nobody has looked at is an error.
licences: $(READY)
	mkdir -p build
	$(BIN)/python -m tests.licences > build/licences.md
	mv build/licences.md docs/reference/licences.md

# What a gateway is made of, as CycloneDX.
sbom: $(READY)
	mkdir -p build
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application --output-reproducible --of JSON -o build/sbom.json requirements/run-extras.lock

# Carries out the steps of deploy/Containerfile in a clean directory; for machines that can build no image.
image-steps: $(READY)
	$(BIN)/python -m pytest -n0 tests/deploy/image.py

# Builds the image and runs it, and the compose file, as docs/guides/deploy.md says; what podman or docker cannot do here is skipped.
# ENGINE_BUILD has options for the build, such as --network=host where packages are not reached otherwise.
engine: $(READY)
	$(BIN)/python -m pytest -n0 tests/deploy/engine.py tests/deploy/engine_compose.py

# Gives podman (or ENGINE=docker) stand-ins of Debian packages for the images that deploy/ names, where no registry of images is reached.
ENGINE ?= podman
stand-ins: $(READY)
	$(BIN)/python -m tests.support.stand_in_images $(ENGINE)

# The documentation as a site, in build/site; a link that leads nowhere is an error.
docs: $(READY)
	$(BIN)/mkdocs build --strict --site-dir build/site

# Renews the lock files from pyproject.toml; needs uv.
lock:
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes pyproject.toml --group dev -o requirements/dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes pyproject.toml -c requirements/dev.lock -o requirements/run.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes pyproject.toml --extra pkcs11 -c requirements/dev.lock -o requirements/run-pkcs11.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes pyproject.toml --extra opentelemetry -c requirements/dev.lock -o requirements/run-opentelemetry.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes pyproject.toml --all-extras -c requirements/dev.lock -o requirements/run-extras.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group build -c requirements/dev.lock -o requirements/build.lock

$(READY): requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

clean:
	rm -rf .venv build demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
