# Every command runs on the Node that package.json pins: it lies first on the PATH once `npm ci` has run.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
.PHONY: help install demo test test-kube check build api architecture bench storm format
.DEFAULT_GOAL := help

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

node_modules/.installed: package.json package-lock.json
	npm ci --no-fund --no-audit --loglevel=error
	@touch $@

install: node_modules/.installed ## Install what the lockfile names

demo: install ## A review from webhook to inline comments, on this machine, without keys (ARGS=--once | --live)
	@node test/demo/main.ts $(ARGS)

test: install ## Every test
	vitest run $(ARGS)

test-kube: install ## Journeys on a real API server and Job controller (KUBEBUILDER_ASSETS=…)
	@node test/kube/main.ts $(ARGS)

check: install ## Types, lint with import directions, format, dead code, the library's API
	"$$(effect-tsgo get-exe-path)" -p tsconfig.json
	oxlint --deny-warnings
	dprint check
	knip
	node ci/apiReport.ts
	node ci/architecture.ts

format: install ## Format every file
	dprint fmt

build: install ## One bundled, code-split dist/: the command and the library
	node ci/build.ts
	node ci/library.ts

api: install ## The API report, docs/api.d.ts, as the library is now
	node ci/apiReport.ts --write

architecture: install ## The picture of the packages in docs/architecture.md, as the imports are now
	node ci/architecture.ts --write

bench: install ## Figures of speed and size, as ratios and counts
	node test/bench/main.ts $(ARGS)

storm: install ## Everything breaks while pull requests are reviewed (ARGS="--pulls 500 --events 4 --seed N --write")
	@node test/storm/main.ts $(ARGS)
