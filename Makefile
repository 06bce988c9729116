# Every command runs on the Node that ci/tools/node pins: it lies first on the PATH once `make install` has run.
export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/ci/tools/check/node_modules/.bin:$(PATH)
# rolldown's allocator asks for huge pages, and the kernel clears two megabytes for each: most of a build's system time.
export MIMALLOC_ALLOW_THP := 0
.PHONY: help install tools demo fuzz test test-fast test-long test-nodes test-kube check build executable api architecture bench profile storm eval format
.DEFAULT_GOAL := help

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

npm-flags := --no-fund --no-audit --loglevel=error

node_modules/.installed: package.json package-lock.json ci/tools/node/node_modules/.installed
	@PATH="$(CURDIR)/ci/tools/node/node_modules/.bin:$$PATH" node ci/supportedNode.cjs || { rm $(lastword $^); exit 1; }
	npm ci $(npm-flags)
	@ln -sf ../../ci/tools/node/node_modules/.bin/node node_modules/.bin/node
	@touch $@

# Programs that only some commands need have lockfiles of their own. Not by `--prefix`: npm then looks for the machine's
# npmrc, which may name its registry and its certificates, there. Node's headers are a third of it, and for nobody here.
ci/tools/%/node_modules/.installed: ci/tools/%/package.json ci/tools/%/package-lock.json
	cd ci/tools/$* && npm ci --ignore-scripts $(npm-flags)
	@rm -rf ci/tools/$*/node_modules/node-*/include
	@touch $@

checkers := ci/tools/check/node_modules/.installed
tested := ci/tools/tests/node_modules/.installed
# The compiler with Effect's diagnostics is locked for Linux on x64. Elsewhere `tsc` is TypeScript's own, without them.
effect-compiler := $(CURDIR)/ci/tools/check/node_modules/@effect/tsgo-linux-x64/lib
# npm leaves it out, and says nothing, where its download breaks off.
checkers-again = (cd ci/tools/check && npm ci --ignore-scripts $(npm-flags) && touch node_modules/.installed && [ -x $(effect-compiler)/tsc ])

tools: install $(checkers) $(tested) ## Install also what `make check` and some tests need

install: node_modules/.installed ## Install what the lockfile names

demo: install ## A review from webhook to inline comments, on this machine, without keys, and what can happen to it next (ARGS=--once | --live)
	@node test/demo/main.ts $(ARGS)

# Says only what failed; `ARGS=--reporter=verbose` says everything.
quietly := --reporter=minimal --silent=passed-only

test: install $(tested) ## Every test
	@command -v redis-server > /dev/null || echo "the suites over Redis are SKIPPED: there is no redis-server on the PATH"
	@command -v kubectl > /dev/null || echo "the suites of the manifests are SKIPPED: there is no kubectl on the PATH"
	vitest run $(quietly) $(ARGS)

test-fast: install ## The tests of what is pure: one that starts a process fails
	vitest run $(quietly) --config test/fast.config.ts $(ARGS)

test-long: install ## What `make test` tries a sample of: ten thousand random stories a store, fifty kills, every order of four deliveries, two servers at every pair of steps, every pair of outages, every case from the field with its siblings, every image
	NOMINAL_LONG=1 vitest run --reporter=verbose $(addprefix packages/jobs/test/,MemoryQueue SqliteQueue RedisQueue RedisScale) test/journeys/Kill test/order test/outage test/cases test/deploy/Bundle $(addprefix packages/forge/test/,Fence GitHubForge GitLabForge) $(ARGS)

fuzz: install ## Random inputs for every reader of bytes from outside (RUNS=20000 SEED=7)
	NOMINAL_FUZZ_GUIDED=true NOMINAL_FUZZ_RUNS=$(or $(RUNS),2000) NOMINAL_FUZZ_SEED=$(or $(SEED),$(shell date +%s)) vitest run --reporter=verbose test/fuzz

test-nodes: install ## The packed artifact, installed from npm, on each supported Node; the single executable; the templates, by their published schemas
	vitest run --config test/nodes/vitest.config.ts $(ARGS)

test-kube: install ## Journeys on a real API server and Job controller (KUBEBUILDER_ASSETS=…)
	@node test/kube/main.ts $(ARGS)

check: install $(checkers) ## Types, lint with import directions, format, dead code, the library's API, doc comments, repetitions
	node ci/installed.ts
	node ci/lockfiles.ts
	node ci/imageVersion.ts
	@[ "$$(uname -sm)" != "Linux x86_64" ] || [ -x $(effect-compiler)/tsc ] || $(checkers-again) || \
		{ echo "npm has left out @effect/tsgo-linux-x64"; exit 1; }
	PATH="$(effect-compiler):$$PATH" tsc -p tsconfig.json
	oxlint --deny-warnings
	dprint check
	knip
	node ci/apiReport.ts
	node ci/architecture.ts
	node ci/docComments.ts
	node ci/duplicates.ts

format: install $(checkers) ## Format every file
	dprint fmt

build: install ## One bundled, code-split dist/: the command and the library
	node ci/build.ts
	node ci/library.ts

executable: install ## The single executable for this platform: executable/nominal-code
	node ci/executable.ts

api: install ## The API report, docs/api.d.ts, as the library is now
	node ci/apiReport.ts --write

architecture: install ## The picture of the packages in docs/architecture.md, as the imports are now
	node ci/architecture.ts --write

profile: install ## Where serve spends its CPU time under load, by package and by function
	node test/bench/profile.ts $(ARGS)

bench: install ## Figures of speed and size, as ratios and counts
	node test/bench/main.ts $(ARGS)

storm: install ## Everything breaks while pull requests are reviewed (ARGS="--pulls 500 --events 4 --seed N --write")
	@node test/storm/main.ts $(ARGS)

# With `--live` the configured model reviews, else each case's script.
eval: install ## Precision and recall on the suite of 40 cases (ARGS=--live: by the configured model)
	@node packages/cli/src/main.ts eval $(if $(filter --live,$(ARGS)),$(filter-out --live,$(ARGS)),--scripted $(ARGS))
