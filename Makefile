# The front door. CMake and Ninja do the work, out of the tree, in build/ (plain) and build/asan (sanitizers).
# MOCKET_WASMTIME=PREFIX   link the wasm host with an installed Wasmtime C API instead of building one
# MOCKET_CACHE=DIR         where the engine and fetched sources are kept (default: ~/.cache/mocket)
SHELL := /bin/sh
.DEFAULT_GOAL := all
PREFIX ?= /usr/local
SECONDS ?= 60
LISTEN ?= 127.0.0.1:4000
ARGS ?=
JOBS ?=
BUILD := build

# One build at a time in a tree: Ninja has no lock of its own. The build jobs do not inherit the lock.
LOCK := { command -v cmake >/dev/null && command -v ninja >/dev/null || { echo 'cmake and ninja are needed:' \
    'tools/setup installs what is missing' >&2; exit 1; }; } && mkdir -p $(BUILD) && flock --close $(BUILD)/.lock
CONFIGURE = cmake -S . -G Ninja -B $(BUILD) --log-level=WARNING
NINJA = cmake --build $(BUILD) $(if $(JOBS),-j $(JOBS)) --target
ENGINE = engine=$$(tools/build-engine | tail -n 1) && test -n "$$engine"

.PHONY: all native wasm host run test check contract contract-coverage bench bench-js fuzz mutants install uninstall dist deb site clean help

all: host ## the library, the CLI with the wasm host, the examples as programs and as wasm

host:
	@$(ENGINE) && $(LOCK) sh -c '$(CONFIGURE) -DMOCKET_HOST=ON -DMOCKET_WASM=ON -DMOCKET_ENGINE="$$1" && \
	    $(NINJA) everything' sh "$$engine"

native: ## the C part alone: library, examples, CLI without `serve`; needs no Rust and no clang
	@$(LOCK) sh -c '$(CONFIGURE) -DMOCKET_HOST=OFF && $(NINJA) native'

wasm: ## the guest library and the examples as wasm
	@$(LOCK) sh -c '$(CONFIGURE) -DMOCKET_WASM=ON && $(NINJA) wasm'

run: host ## serves the example `routes` from wasm (LISTEN=host:port, default 127.0.0.1:4000)
	@echo "serving build/examples/routes.wasm on http://$(LISTEN)/ (end with Ctrl-C)"
	@exec $(BUILD)/mocket serve $(BUILD)/examples/routes.wasm --listen $(LISTEN)

test: ## every test; closing line "N passed, N failed, N skipped"
	@tools/test $(ARGS)

check: ## layers, headers, symbols, format, tidiness
	@tools/check $(ARGS)

contract: host ## the behavioural contract (ARGS=... goes to tests/contract/run)
	@$(LOCK) $(NINJA) contract-apps
	@tests/contract/run $(ARGS)

contract-coverage: ## contract ids without a case
	@tests/contract/coverage $(ARGS)

bench: host ## every measurement, beside nginx, h2o, Node, Bun, Hono and Wasmtime; writes docs/benchmarks.md (ARGS=...)
	@$(LOCK) $(NINJA) bench-apps
	@tools/setup-js >/dev/null && bench/setup-peers >/dev/null && tools/setup-hosts >/dev/null && tools/find-nginx >/dev/null
	@bench/all $(ARGS)

bench-js: wasm ## CPU per request of JavaScript engines: a plain server, Hono and the host of hosts/js (ARGS=...)
	@tools/setup-js >/dev/null && bench/setup-peers >/dev/null && bench/js $(ARGS)

fuzz: ## every fuzzer for SECONDS=60 each
	@tools/fuzz $(SECONDS)

mutants: host ## seeded faults: does some test see each of them? (ARGS=... goes to tests/mutants/run)
	@$(LOCK) $(NINJA) contract-apps
	@tests/mutants/run $(ARGS)

PLACE = $$(realpath -m -- "$(if $(DESTDIR),$(DESTDIR)/)$(PREFIX)")
# DESTDIR and PREFIX may be relative and hold blanks. CMake would put DESTDIR in front once more. Its list of installed
# files would belong to root after `sudo make install`, and the next `make install` of the tree's owner would fail.
install: ## what was built, to PREFIX=/usr/local, below DESTDIR if that is set
	@test -f $(BUILD)/mocket || { echo "make install: run make, or make native, first" >&2; exit 1; }
	@$(LOCK) sh -c 'env -u DESTDIR cmake --install $(BUILD) --prefix "$$1" && \
	    tools/installed record "$$1" $(BUILD)/install_manifest.txt && rm -f $(BUILD)/install_manifest.txt' sh "$(PLACE)"

uninstall: ## removes what make install put there (PREFIX and DESTDIR as for install)
	@tools/installed remove "$(PLACE)"

dist: ## the source tarball, the npm package and their hashes, from the last commit, in build/dist
	@tools/dist $(ARGS)

deb: ## Debian packages of what was built, in build/packages
	@tools/package

site: ## the documents as a site, with the reference of the API, in build/site/html
	@tools/make-site

clean: ## removes build/; the cache of engine and sources stays
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /    make \1\t/p' Makefile | expand -t 28
