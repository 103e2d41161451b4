# SPDX-License-Identifier: MIT
#
# Using what was built: run, debug, test, check, and the small conveniences.

GDB_PORT ?= 1234
LOG ?= $(BUILD)/logs/run.log
CLANG_FORMAT ?= clang-format
GIT_CLANG_FORMAT ?= git-clang-format
export BUILD QEMU OVMF_CODE

.PHONY: run run-fast debug gdb doctor help format compile_commands.json
run: image
	@tools/run --smp $(SMP) --mem $(MEM) $(if $(DISK),--disk $(DISK))

run-fast: volume boot
	@tools/run --multiboot --smp $(SMP) --mem $(MEM) $(if $(DISK),--disk $(DISK))

debug: image
	@tools/run --debug $(GDB_PORT) --smp $(SMP) --mem $(MEM)

gdb:
	@NASCENT_BUILD=$(BUILD) NASCENT_LOG=$(LOG) gdb -q -ex 'set architecture i386:x86-64' -ex 'set pagination off' \
		-ex 'set tcp connect-timeout 120' -ex 'target remote 127.0.0.1:$(GDB_PORT)' -x tools/gdb.py

doctor:
	@tools/doctor

# Only what differs from SINCE: tables in columns and the like stay as their authors laid them out.  git-clang-format exits with 1, from
# LLVM 15 on, where it has changed something.
SINCE ?= HEAD
format:
	$(Q)git ls-files -o --exclude-standard '*.c' '*.h' | xargs -r $(CLANG_FORMAT) -i
	$(Q)$(GIT_CLANG_FORMAT) --force --extensions c,h --binary $(CLANG_FORMAT) $(SINCE) || [ $$? = 1 ]

compile_commands.json:
	$(Q)$(MAKE) -Bkn V=1 BUILD=$(BUILD) kernel drivers userland boot own-programs 2>/dev/null | $(PYTHON) tools/compile-commands > $@

help:
	@sed -n 's/^##//p' tools/make/run.mk
##  make                    build everything into build/ (BUILD=DIR: elsewhere)
##  make run                boot through UEFI: this terminal is the serial console (Ctrl+A x ends), a window where there is a display
##  make run-fast           the same through the multiboot loader: quicker, no screen
##  make debug, make gdb    the same, waiting for gdb; run `make gdb` in another terminal
##  make test               every test; make test-host, test-system: a part of them
##  make programs           programs nobody here wrote, fetched and compared (NAMES="7za ninja")
##  make test-leaks         ten thousand processes one after another leave nothing
##  make test-inject        CreateProcess with everything in it failing once
##  make explore            races found by seed: SEEDS=n schedules of each scenario
##  make stress             MINUTES=n of processes and threads on four processors
##  make check              lints, a second compiler, static analysis, a build without assertions (check-lint, -clang, -cppcheck, -free)
##  make bench              the benchmark, one line an operation
##  make doctor             what is installed, what is missing
##  make format             clang-format over new files and the lines changed since HEAD (SINCE=origin/main: since another commit)
##  make compile_commands.json   for editors and clangd
##  make kernel, drivers, userland, boot, image, obj-FOLDER, driver-NAME   a part
##  make clean
##
##  tools/nrun -- COMMAND LINE   boot, run one command line, exit with its exit code (tools/nrun --help)
##  tools/symbolize LOG          function names and lines for a kernel log
##
##  Variables: BUILD QEMU OVMF_CODE SMP MEM FREE=1 (no assertions) V=1 (show commands) ACCEL=kvm BOOT_OPTIONS
