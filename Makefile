# A thin front door: every target is one command that also works without make.
.PHONY: run test unit integration format lint

run:            ## start the server with the built-in model
	swift run -c release guildhall serve

test:           ## everything CI runs
	Scripts/test.sh

unit:           ## Swift tests only
	swift test -c release

integration:    ## real clients against a real server
	Scripts/integration.sh

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
