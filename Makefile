# The targets of the project, also for CI. `make` lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/notion-kafka

# The linter is built from source through the Go module proxy, which takes a few
# minutes the first time, and kept outside the tree under its version. It is not a
# `tool` of go.mod: its hundreds of dependencies would raise the versions of ours.
LINT_VERSION := v2.15.0
LINT := $(CACHE)/golangci-lint-$(LINT_VERSION)/golangci-lint

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | \
		while IFS='|' read -r verb text; do printf '  %-16s %s\n' "$$verb" "$$text"; done

.PHONY: build
build: ## build dist/notion-kafka
	go build -o dist/ ./cmd/notion-kafka

# The SBOMs are made by the tool of CycloneDX for Go modules.
SBOM_VERSION := v1.10.0
SBOM := $(CACHE)/cyclonedx-gomod-$(SBOM_VERSION)/cyclonedx-gomod

.PHONY: release
release: $(SBOM) ## archives of the last commit for Linux and macOS, SBOMs and SHA256SUMS, in dist/release
	rm -rf dist/release
	SBOM=$(SBOM) deploy/release/build dist/release

$(SBOM):
	GOBIN=$(@D) go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(SBOM_VERSION)

.PHONY: demo
demo: ## the whole system on this machine, with a simulated workspace
	go run ./cmd/notion-kafka demo

.PHONY: check
check: format vet lint chart ## formatting, go vet, the linters, the Helm chart, all tests with the race detector
	go test -race -timeout 24m ./producer/daemon ./... # the longest package first, beside the others

.PHONY: format
format:
	@unformatted=$$(gofmt -l .); \
	if [[ -n $$unformatted ]]; then \
		echo "not formatted, run gofmt -w on: $$unformatted" >&2; exit 1; \
	fi

.PHONY: vet
vet: # with each set of build tags in the tree
	go vet ./...
	go vet -tags real ./...
	go vet -tags figures ./...
	go -C $(DECODE) vet ./...

.PHONY: lint
lint: $(LINT)
	$(LINT) run ./...
	cd $(DECODE) && $(LINT) run ./...

$(LINT):
	GOBIN=$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

# Helm is built and kept like the linter. DECODE is a module of its own, because only the
# tests of the chart need the types of Kubernetes.
HELM_VERSION := v4.3.2
HELM := $(CACHE)/helm-$(HELM_VERSION)/helm
DECODE := deploy/helm/decode

.PHONY: chart
chart: $(HELM) ## the Helm chart: lint, render, decode, compare with deploy/kubernetes
	HELM=$(HELM) go test -count=1 -timeout 4m -run '^TestChart' ./deploy

.PHONY: manifests
manifests: $(HELM) ## render deploy/kubernetes from the Helm chart
	HELM=$(HELM) deploy/helm/manifests deploy/kubernetes

$(HELM):
	GOBIN=$(@D) go install helm.sh/helm/v4/cmd/helm@$(HELM_VERSION)

# Not part of check: it needs the database at vuln.go.dev, which CI here cannot reach. Run
# it where that can be reached, before a release and once a week.
VULN_VERSION := v1.9.0
.PHONY: vulnerabilities
vulnerabilities: ## known vulnerabilities in what the program calls (govulncheck; needs vuln.go.dev)
	go run golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION) ./...

# One package at a time: the suites share a broker, a registry and two cores.
.PHONY: test-real
test-real: ## the suites on real Kafka and Apicurio, started before and stopped after
	deploy/real/with go test -tags real -count=1 -p 1 -timeout 34m ./...

# No limit for go test: after CHAOS_TIME the test stops the daemons and compares all records.
CHAOS_TIME ?= 10m
.PHONY: chaos
chaos: ## kill, stop and restart daemons and brokers under load (CHAOS_TIME, CHAOS_SEED)
	CHAOS_TIME=$(CHAOS_TIME) deploy/real/with \
		go test -tags real -count=1 -v -timeout 0 -run '^(TestChaos|TestScanKilledTenTimes)$$' ./cmd/notion-kafka

HOSTILE ?= 10m
.PHONY: hostile
hostile: ## everything hostile at once, from Notion to the control topic (HOSTILE, HOSTILE_SEED)
	HOSTILE=$(HOSTILE) deploy/real/with go test -tags real -count=1 -v -timeout 0 -run '^TestHostileHour$$' ./cmd/notion-kafka

# A row for each result of a benchmark or a figure: a name, then values with their units,
# separated by tabs. Other lines go to stderr.
TABLE := awk -F '\t' ' \
	/^(goos:|goarch:|pkg:|cpu:|PASS|ok |\?|=== |--- PASS)/ { next } \
	NF > 2 { \
		row = sprintf("%-46s", $$1); \
		for (i = 2; i <= NF; i++) { gsub(/^ +| +$$/, "", $$i); if ($$i !~ /^[0-9]+$$/) row = row sprintf("%-24s", $$i) } \
		print row; fflush(); next \
	} \
	{ print > "/dev/stderr" }'

# The figures run on virtual time, the last benchmarks on a Kafka of their own. Measure
# CPU time on an idle machine. Airbyte's connector, to compare with, is read if
# AIRBYTE_PYTHON names a Python that has it.
.PHONY: bench
bench: ## a table of costs and of requests to Notion (half an hour; AIRBYTE_PYTHON)
	@go test -tags figures -run '^TestFigure' -bench . -benchmem -timeout 40m ./... | $(TABLE)
	@deploy/real/with go test -tags real -run '^$$' -bench 'Line/Kafka|PerfTest|Costs|Sources|SideBySide|FirstRecord' -timeout 40m \
		./producer ./producer/daemon ./cmd/notion-kafka | $(TABLE)

.PHONY: docs
docs: ## rewrite the generated pages of deploy/docs: cli, configuration, metrics, JSON
	go test -count=1 -run '^TestPage' ./cmd/notion-kafka ./config ./deploy -docs

MAN ?= dist/man
.PHONY: man
man: ## write the man pages into dist/man (MAN)
	mkdir -p '$(MAN)'
	go test -count=1 -run '^TestManPages$$' ./cmd/notion-kafka -man '$(abspath $(MAN))'

.PHONY: kafka-up
kafka-up: ## real Kafka and Apicurio on 127.0.0.1 until kafka-down (REAL_NODES, KAFKA_PORT, REGISTRY_PORT)
	deploy/real/up

.PHONY: kafka-down
kafka-down: ## stop both and delete their data
	deploy/real/down
