# Penstock. `make help` lists the targets. Go and make are all that is needed;
# check wants gcc as well (the race detector) and git.

PREFIX     ?= /usr/local
PLUGIN_DIR ?= $(PREFIX)/lib/penstock/plugins
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

UNIT_DIR = $(DESTDIR)$(PREFIX)/lib/systemd/system
BUILD    = umask 022; go build -trimpath -ldflags "-X main.version=$(VERSION)"

.PHONY: build run test check lint generated race bench torture install clean help

# penstockctl asks the C library for nothing: without it (netgo) each start costs a third less.
build: ## Build bin/penstockd, bin/penstockctl and bin/plugins/
	$(BUILD) -o bin/ ./cmd/penstockd
	$(BUILD) -tags netgo -o bin/ ./cmd/penstockctl
	$(BUILD) -o bin/plugins/ ./plugins/*/penstock-step-*

run: build ## See it work: a private daemon, real work, kill -9 in the middle
	@go run ./cmd/tour -bin bin -example docs/examples/archive.toml

test: ## Run all tests: as root or not, offline once the modules are there
	go test ./...

check: lint generated race ## Check all that a change must pass

lint: ## Run go vet, staticcheck and gofmt
	go vet ./...
	go tool staticcheck ./...
	@! gofmt -l cmd config ctl daemon docs plugins rpc | grep .

generated: ## Generate the code of step.proto again and fail if it changes
	go generate ./plugins/protocol
	git diff --exit-code -- plugins/protocol

race: ## Run all tests, whole-system scripts included, with the race detector
	CGO_ENABLED=1 go test -race ./...

bench: ## Measure against plain tools on this machine; let nothing else run
	go run ./cmd/bench

torture: ## Kill the daemon 300 times under load and look for anything lost or done twice
	go run ./cmd/torture

install: build ## Install under PREFIX (/usr/local), below DESTDIR if set
	install -D -t $(DESTDIR)$(PREFIX)/bin bin/penstockd bin/penstockctl
	install -D -t $(DESTDIR)$(PLUGIN_DIR) bin/plugins/penstock-step-*
	install -D -m 644 -t $(UNIT_DIR) cmd/penstockd/penstockd.service cmd/penstockd/penstockd.socket
	sed -i 's|/usr/bin/|$(PREFIX)/bin/|' $(UNIT_DIR)/penstockd.service

clean: ## Remove what was built
	rm -rf bin

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.* ## /\1\t/p' Makefile | expand -t 12
