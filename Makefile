# SPDX-License-Identifier: MIT
.POSIX:
.PHONY: help setup setup-peers demo test conformance lint lab fuzz bench deb clean

# A build in CI refuses warnings; a user's build with a newer compiler must not.
SWIFT_FLAGS = $$([ "$${CI:-}" != true ] || echo -Xswiftc -warnings-as-errors)

# All tests at once leave each of them so little of two cores that real deadlines pass.
TEST_WIDTH = $$(swift test --help-hidden | grep -q maximum-parallelization-width && \
  echo --experimental-maximum-parallelization-width 4)

ONE_BY_ONE = $$(swift test --help-hidden | grep -q maximum-parallelization-width && \
  echo --experimental-maximum-parallelization-width 1)

# Whole monitors at their work: beside tests that compute without a pause each of their steps would
# wait for its turn.
LIVE_SUITES = ^(DaemonTests\.|DashboardsTests\.DashboardQueryTests)

# These measure how long people wait for a message: among others they would measure the machine.
TIMED_SUITES = ^(PeerTests\.NginxTests|DaemonTests\.CauseTests)

help: ## List these targets.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
	  while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

setup: ## Install the libraries the build needs; does nothing when they are there.
	@sh deploy/setup.sh

setup-peers: ## Unpack the programs that tests compare with into .peers/, without installing them.
	@sh Tests/Peers/setup.sh

demo: setup ## Build hvsmon and show it on a simulated cluster.
	sh deploy/build.sh hvsmon
	.build/release/hvsmon demo

test: setup ## Build and run all tests.
	@# Unpacking waits for the network most of the time: the build does not wait for it.
	sh Tests/Peers/setup.sh & \
	  swift build --build-tests --explicit-target-dependency-import-check error $(SWIFT_FLAGS); \
	  status=$$?; wait; exit $$status
	sh Tests/run.sh --skip-build $(SWIFT_FLAGS) $(TEST_WIDTH) --skip '^PeerTests\.' \
	  --skip '$(LIVE_SUITES)'
	sh Tests/run.sh --skip-build $(SWIFT_FLAGS) $(TEST_WIDTH) --filter '$(LIVE_SUITES)' \
	  --skip '$(TIMED_SUITES)'
	sh Tests/run.sh --skip-build $(SWIFT_FLAGS) $(TEST_WIDTH) --filter '^PeerTests\.' \
	  --skip '$(TIMED_SUITES)'
	sh Tests/run.sh --skip-build $(SWIFT_FLAGS) $(ONE_BY_ONE) --filter '$(TIMED_SUITES)'

conformance: setup ## Run PromQL test scripts: of the folder DIR, or the shared ones.
	@swift build --product PromQLConformance --explicit-target-dependency-import-check error \
	  $(SWIFT_FLAGS) >&2
	@"$$(swift build --show-bin-path)/PromQLConformance" $(DIR)

lint: ## Check the format of the Swift sources and the syntax of the scripts.
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	@for script in deploy/*.sh $$(find Tests -name '*.sh'); do sh -n "$$script" || exit 1; done
	@bash -n .ci/run

lab: setup setup-peers ## Run the tests that want root and network namespaces.
	swift build --build-tests --explicit-target-dependency-import-check error $(SWIFT_FLAGS)
	sh Tests/Lab/lab.sh run sh Tests/run.sh --skip-build $(SWIFT_FLAGS) --filter '^LabTests\.'

# How many changed inputs each parser meets, and where the parsers' tests are.
FUZZ_ROUNDS = 1000000
FUZZ_SUITES = (AnswerReader|BSONCorpus|ConnectionString|ExpositionFuzz|FactsReply|OpMessage|HostReply|Nginx(Configuration|LogCounts)|PM2Reply|PromQLFuzz|RequestFuzz|ScrapeFuzz|Scram|SnappyFuzz|StubStatusReply|VRRPReader|WriteRequestFuzz)Tests/

fuzz: setup ## Let each parser of what hosts send meet a million changed inputs.
	HVSMON_FUZZ_ROUNDS=$(FUZZ_ROUNDS) sh Tests/run.sh -c release --scratch-path .build/fuzz \
	  -Xswiftc -enable-testing --filter '$(FUZZ_SUITES)' \
	  $$(swift test --help-hidden | grep -q maximum-parallelization-width && \
	    echo --experimental-maximum-parallelization-width 1)

bench: ## Measure hvsmon against its budgets.
	@[ -f Tests/Bench/bench.sh ] || { \
	  echo 'make bench: Tests/Bench/bench.sh is missing, so there is nothing to measure with.' >&2; \
	  exit 2; }
	sh Tests/Bench/bench.sh
	sh Tests/Bench/growth.sh
	sh Tests/Bench/databases.sh
	sh Tests/Bench/hosts.sh
	sh Tests/Bench/store.sh
	sh Tests/Bench/queries.sh
	sh Tests/Bench/rules.sh
	sh Tests/Bench/heavy.sh
	sh Tests/Bench/scrape.sh
	sh Tests/Bench/top.sh
	sh deploy/build.sh BenchStore
	folder=$$(mktemp -d) && .build/release/BenchStore "$$folder"; rm -rf "$$folder"

deb: ## Build a Debian package.
	@echo 'make deb: the Debian package belongs to later work.' >&2; exit 2

clean: ## Delete what was built and the unpacked programs of setup-peers.
	rm -rf .build .peers
