# For a newcomer: `make demo` shows the whole flow, `make demo-cluster` a stack on a cluster, `make test` passes everything. All install
# what they need.

SHELL := /bin/bash
.DEFAULT_GOAL := help
CACHE := $(or $(CODEXCTL_TEST_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/codexctl-tests)
export PATH := $(CACHE)/bin:$(PATH)
export CODEXCTL_TEST_CODEX := $(CACHE)/bin/codex
export CODEXCTL_TEST_NPM := $(CACHE)/npm/node_modules
# Stories wait for disk, agent and each other a good part of their time.
THREADS := $(shell echo $$((2 * $$(nproc))))

# The integration tests, one program a folder.
TESTS := $(patsubst tests/%/main.rs,--test=%,$(wildcard tests/*/main.rs))
# Files of a container belong to several users, which only root can arrange: cargo starts those tests through sudo where it must.
HOST = $(shell rustc -vV | sed -n 's/^host: //p' | tr a-z- A-Z_)
AS_ROOT = $(if $(filter-out 0,$(shell id -u)),env "CARGO_TARGET_$(HOST)_RUNNER=sudo -E env PATH=$(PATH) HOME=$(HOME)")

# Runs $(2) and prints how long it took.
timed = @start=$$SECONDS; echo "== $(1)"; $(2) && echo "== $(1): $$((SECONDS - start)) s"

.PHONY: help
help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

.PHONY: demo
demo: ## An example event through the whole flow; REAL=1 with OPENAI_API_KEY uses the real model
	@tests/setup/install.sh codex
	@cargo build --quiet --bin codexctl --example scripted-model
	@examples/demo.sh $(if $(REAL),--real)

.PHONY: demo-cluster
demo-cluster: ## The example project on a Kubernetes control plane: apply, status, diff, a broken image, destroy
	@tests/setup/install.sh cluster
	@cargo build --quiet --bin codexctl
	@examples/demo-cluster.sh

.PHONY: test
test: setup lint unit integration action fuzz shop demo-test demo-cluster-test release-test ## Everything that must pass, set-up included

.PHONY: setup
setup:
	$(call timed,set-up,tests/setup/install.sh codex github linters readers cluster lfs secrets containers)

.PHONY: lint
lint: ## Formatting, clippy, dependencies, workflows, shell scripts
	$(call timed,format,cargo fmt --check)
	$(call timed,clippy,cargo clippy --quiet --all-targets -- -D warnings)
	$(call timed,dependencies,cargo deny --log-level error check bans licenses sources)
	$(call timed,workflows,tests/setup/workflows.sh "$(CACHE)")

.PHONY: unit
unit: ## Tests beside the code
	$(call timed,unit tests,cargo test --quiet --lib --bins)

.PHONY: integration
integration: ## Tests with real parts: git remotes, the Codex agent, a Kubernetes API server, GitHub's stand-in
	$(call timed,integration tests,RUST_TEST_THREADS=$(THREADS) cargo test --quiet $(filter-out --test=action,$(TESTS)))

.PHONY: action
action: ## Tests with the container image: what GitHub's runner starts, and whole workflows
	$(call timed,the action,RUST_TEST_THREADS=$(THREADS) $(AS_ROOT) cargo test --quiet --test action)

.PHONY: fuzz
fuzz: ## Readers of foreign texts against random ones, 10 s each (SECONDS_EACH=60 for more)
	$(call timed,fuzz targets,cargo run --quiet --example fuzz -- $(or $(SECONDS_EACH),10))

.PHONY: shop
shop:
	$(call timed,the example project,cd examples/shop && node --test)

.PHONY: demo-test
demo-test:
	$(call timed,the demo,tests/setup/demo.sh)

.PHONY: demo-cluster-test
demo-cluster-test:
	$(call timed,the demo on a cluster,tests/setup/demo-cluster.sh)

.PHONY: bench
bench: ## Measure start-up and dry run
	cargo bench

.PHONY: bench-image
bench-image: ## Weigh the image and measure how fast it starts (a static release build first; wants root)
	cargo build --locked --release --bin codexctl --target $(shell uname -m)-unknown-linux-musl
	benches/image.sh target/$(shell uname -m)-unknown-linux-musl/release/codexctl $(ROUNDS)

.PHONY: image
image: ## The container image: TARGET=agent (with Codex) or slim, NAME=…
	@image/build.sh $(or $(TARGET),agent) $(NAME)

.PHONY: release-dry-run
release-dry-run: ## Everything that a release would publish, into target/dist; nothing is published
	@tests/setup/install.sh release
	@release/dry-run.sh

.PHONY: release-test
release-test:
	$(call timed,the release's scripts,tests/setup/release.sh "$(CACHE)")
