# Boomgate. `make help` lists what can be done; everything else is cargo.

.DEFAULT_GOAL := help
SHELL := bash
CARGO ?= cargo
# One build folder for demo, tests and CI; CARGO_TARGET_DIR moves it.
TARGET := $(or $(CARGO_TARGET_DIR),target)
DEMO_ARGS ?=
MUTANTS_ARGS ?=

.PHONY: help demo test web check fmt e2e bench soak fuzz mutants train

help: ## Show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: web ## Run a car park on this machine: PostgreSQL, server, four lanes, cars (DEMO_ARGS="--help" teaches more)
	@scripts/prepare rust cc postgresql
	@echo "Building server and lane (first time about 12 minutes on 2 cores, later seconds)"
	@$(CARGO) build --quiet -p boomgate -p boomgate-edge-agent
	@$(TARGET)/debug/boomgate demo $(DEMO_ARGS)

test: web ## Run all tests, with real PostgreSQL, brokers, processes and OpenCV
	@scripts/prepare rust cc postgresql mosquitto nginx smtp curl opencv nextest
	@$(NPM) test --silent
	@echo "Building everything with its tests (first time about 18 minutes on 2 cores)"
	@$(CARGO) build --quiet --workspace --all-targets
	@echo "Running the tests (about 5 minutes)"
	@$(CARGO) nextest run --workspace
	@echo "Building and running the camera tests with OpenCV (about 3 minutes)"
	@$(CARGO) nextest run -p boomgate-plate-reader -p boomgate-edge-agent --features boomgate-edge-agent/opencv

# The web app: its built files are embedded when the api is compiled.
WEB := api/web
NPM := scripts/with-node npm --prefix $(WEB) run
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/public $(WEB)/build -type f ! -name '*.gen.ts' 2>/dev/null) \
  $(addprefix $(WEB)/,index.html docs.html redoc.html package.json vite.config.ts tsconfig.json) api/openapi.json

web: $(WEB)/dist/index.html ## Build the web app that is embedded in the server (first time about a minute)

$(WEB)/dist/index.html: $(WEB_SOURCES) $(WEB)/node_modules/.package-lock.json
	@echo "Building the web app"
	@$(NPM) build --silent
	@touch $@

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json
	@scripts/prepare node
	@scripts/with-node npm --prefix $(WEB) ci --silent
	@touch $@

check: export PATH := $(abspath $(TARGET))/check-tools/bin:$(PATH)
check: web ## Format, lints, documentation and the paths it names, tests without fixed sleeps, unused dependencies and the rules for dependencies
	@scripts/prepare rust cc check_tools
	@$(NPM) check --silent
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --quiet --workspace --all-targets -- -D warnings
	@RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet --workspace --no-deps --document-private-items
	@scripts/fixed-sleeps
	@scripts/documented-paths
	@$(CARGO) shear --locked
	@$(CARGO) deny --log-level error check bans licenses sources
	@if timeout 60 $(CARGO) deny --log-level off fetch db; then $(CARGO) deny --log-level error check --disable-fetch advisories; \
	  else echo "Advisories were not checked: their database cannot be reached"; fi

fmt: ## Format the code
	@$(CARGO) fmt --all

e2e: web ## Look at the web app in a real browser
	@scripts/prepare rust cc postgresql chromium chromedriver nextest
	@$(CARGO) build --quiet --workspace --all-targets
	@$(CARGO) nextest run --workspace --run-ignored only -E 'package(boomgate-tests) and binary(page)'
	@$(NPM) axe --silent -- $(abspath $(TARGET))/debug/boomgate
	@$(NPM) night --silent -- $(abspath $(TARGET))/debug/boomgate
	@$(NPM) administration --silent -- $(abspath $(TARGET))/debug/boomgate
	@$(NPM) morning --silent -- $(abspath $(TARGET))/debug/boomgate
	@$(NPM) first-day --silent -- $(abspath $(TARGET))/debug/boomgate

SCHEMA := python3 tests/api_schema/run.py --boomgate $(abspath $(TARGET))/debug/boomgate --st $(abspath $(TARGET))/schemathesis/bin/st

.PHONY: api-schema api-schema-full
api-schema: web ## Send the api what its document allows and forbids, as every role (about 4 minutes)
	@scripts/prepare rust cc postgresql schemathesis
	@$(CARGO) build --quiet --workspace --all-targets
	@$(SCHEMA)

api-schema-full: web ## The same with a thousand and more requests for each operation (hours)
	@scripts/prepare rust cc postgresql schemathesis
	@$(CARGO) build --quiet --workspace --all-targets
	@$(SCHEMA) --full

.PHONY: bench-web
bench-web: web ## Measure the live screen with 50 lanes and 20 events a second for a minute
	@scripts/prepare rust cc postgresql chromium
	@$(CARGO) build --quiet -p boomgate -p boomgate-edge-agent
	@$(NPM) load --silent -- $(abspath $(TARGET))/debug/boomgate

.PHONY: pictures
pictures: web ## Take the pictures of docs/pictures anew
	@scripts/prepare rust cc postgresql chromium
	@$(CARGO) build --quiet -p boomgate -p boomgate-edge-agent
	@$(NPM) pictures --silent -- $(abspath $(TARGET))/debug/boomgate $(abspath docs/pictures)

# A Python with onnxruntime, the plate reader's yardstick; one is made when none is given.
BENCH_VENV := $(abspath $(TARGET))/bench-venv
BENCH_PYTHON := $(or $(PYTHON),$(BENCH_VENV)/bin/python)
BENCH_ARGS ?=

.PHONY: bench-sampling
bench-sampling: ## Measure the longest gap between looks at a lane's inputs with every core busy
	@scripts/prepare rust cc
	@$(CARGO) bench --quiet -p boomgate-edge-agent --bench sampling

.PHONY: bench-reader
bench-reader: $(if $(PYTHON),,$(BENCH_VENV)/ready) ## Measure the plate reader on one core, its networks beside onnxruntime (BENCH_ARGS="--help" teaches more)
	@scripts/prepare rust cc
	@echo "Building with optimisation (first time about 12 minutes on 2 cores)"
	@$(CARGO) bench --quiet -p boomgate-plate-reader --bench reader -- --python $(BENCH_PYTHON) $(BENCH_ARGS)
	@$(CARGO) bench --quiet -p boomgate-edge-agent --bench memory -- $(filter --json,$(BENCH_ARGS))

$(BENCH_VENV)/ready: plate-reader/benches/reader/requirements.txt
	@echo "Making a Python with onnxruntime in $(BENCH_VENV)"
	@python3 -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/pip install --quiet -r $<
	@touch $@

bench: ## Measure against pgbench, COPY and Mosquitto in the same run; writes target/bench.json
	@scripts/prepare rust cc postgresql mosquitto
	@echo "Building with optimisation (first time about 20 minutes on 2 cores)"
	@$(CARGO) bench --quiet -p boomgate-tests
	@$(CARGO) bench --quiet -p boomgate-api --features bench --bench routes
	@$(CARGO) bench --quiet -p boomgate-api --bench login

soak: ## Read ten thousand frames and see that memory stays flat (4 minutes of CPU on a quick core)
	@scripts/prepare rust cc nextest
	@$(CARGO) nextest run --workspace --run-ignored only --success-output immediate -E 'package(boomgate-plate-reader) and test(ten_thousand_frames)'

fuzz: ## Give every decoder a million broken inputs (about 10 minutes)
	@scripts/prepare rust cc nextest
	@PROPTEST_CASES=1000000 $(CARGO) nextest run -p boomgate-schemas --test fuzz

mutants: ## Change the rules of cars and money in 800 small ways and see that a test notices each (about an hour; MUTANTS_ARGS="--shard 0/8" does a part)
	@scripts/prepare rust cc nextest mutants
	@env -u CARGO_TARGET_DIR CARGO_PROFILE_TEST_DEBUG=0 CARGO_PROFILE_DEV_DEBUG=0 PROPTEST_CASES=32 $(CARGO) mutants -p boomgate-domain --timeout 120 -o $(TARGET)/mutants $(MUTANTS_ARGS)

train: ## Train the plate-reading networks on pictures drawn here, about 3 hours of CPU, more without bfloat16 (QUICK=1: 10 minutes, small scale)
	@plate-reader/training/train.sh $(QUICK)
