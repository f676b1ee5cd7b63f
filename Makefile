# A thin front door: every target is one command that also works without make.
.PHONY: run test unit integration test-neon instruction-counts families bench-compare format lint

run:            ## start the server with the built-in model
	swift run -c release guildhall serve

test:           ## everything CI runs
	Scripts/test.sh

unit:           ## Swift tests only
	Scripts/unit.sh

integration:    ## real clients against a real server
	Scripts/integration.sh

test-neon:      ## the AArch64 kernels under an emulator, against this machine's
	Scripts/test_neon.sh

instruction-counts: ## of a decode step against those that are kept; UPDATE=1 keeps the new ones
	Scripts/instruction_counts.sh

families:       ## renews docs/families.md from the golden tests
	Scripts/family_table.sh

bench-compare:  ## us and the peers, on files of random weights that it makes; or: make bench-compare MODEL=file.gguf
	Benchmarks/compare.sh $(MODEL)

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks/*/Sources

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks/*/Sources
