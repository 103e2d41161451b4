# SPDX-License-Identifier: MIT
#
# Tests, lints, the benchmark.  `make test` is what .ci/run calls: host tests, the tests that drive QEMU, the lints; the summary is in
# $(BUILD)/test/summary.txt, JUnit XML in $(BUILD)/test/*.xml.

CLANG ?= clang
CPPCHECK ?= cppcheck
PYTEST ?= $(or $(shell command -v pytest-3),$(shell command -v pytest),$(PYTHON) -m pytest)

# Each side's structures against tests/layout/layout.tsv: compiling is the test.
LAYOUT_FLAGS_driver = $(DRIVER_FLAGS)
LAYOUT_FLAGS_kernel = $(KERNEL_FLAGS)
LAYOUT_FLAGS_user = $(USER_FLAGS)
define layout_rule
.PHONY: layout-$(1)
layout-$(1): | $(GEN)/.syscalls
	$$(Q)mkdir -p $(BUILD)/obj/layout
	$$(Q)$(PYTHON) tests/layout/generate tests/layout/layout.tsv $(1) $(BUILD)/obj/layout/$(1).c
	$$(Q)$$(CC) $$(LAYOUT_FLAGS_$(1)) -MF $(BUILD)/obj/layout/$(1).d -c $(BUILD)/obj/layout/$(1).c -o $(BUILD)/obj/layout/$(1).o
endef
$(foreach s,driver kernel user,$(eval $(call layout_rule,$(s))))

.PHONY: test programs test-host test-system test-leaks test-inject explore stress check check-lint check-clang check-cppcheck check-free bench
.PHONY: check-clang-system $(USER_DIRS:%=check-clang-%)
test: all host-tests
	@tools/test

test-host: host-tests
	@$(PYTEST) -q -p no:cacheprovider tests/system/test_host.py

test-system: all
	@$(PYTEST) -q -p no:cacheprovider tests/system

# Programs that nobody here wrote, fetched from npm and from Debian's archive: NAMES="7za ninja" runs some.
programs: all
	@tools/programs $(NAMES)

# Ten thousand processes one after another, native and with msvcrt.
test-leaks: all
	@STRESS_COUNT=10000 $(PYTEST) -q -p no:cacheprovider tests/system/test_programs.py -k leave_nothing

# CreateProcess with each of its allocations, insertions, charges, page-ins and reads failing once (docs/process-creation.md).
test-inject: all
	@tools/nrun --timeout 1200 -- inject.exe full

# Races by seed: SEEDS of each scenario, on three processors of which one runs at a time (docs/locking.md).
SEEDS ?= 2000
explore: all
	@tools/explore --seeds $(SEEDS)

# Half an hour of processes and threads of all kinds on four processors; nothing may be left.
MINUTES ?= 30
stress: all
	@tools/nrun --smp 4 --timeout 7200 -- stress.exe $(shell expr $(MINUTES) \* 60) 8

check: check-lint check-clang check-cppcheck check-free

check-lint:
	@tools/lint
	@tools/lint-layers
	@tools/lint-locks
	@tools/lint-docs

# The second compiler reads the system (not the programs, which are compiled as plainly as their users would), with the flags of the first;
# it generates nothing.
CLANG_TARGET := --target=x86_64-w64-windows-gnu -fsyntax-only -Wno-ignored-attributes -Wno-pragma-pack -Wno-unknown-warning-option \
	-Wno-gnu-alignof-expression -Wno-unknown-attributes -Wno-unused-command-line-argument
GCC_ONLY := -mno-stack-arg-probe -fno-tree-loop-distribute-patterns -fno-ident -MMD -MP
clang_flags = $(filter-out $(GCC_ONLY),$(1)) $(CLANG_TARGET)
# $(1) flags  $(2) files
clang_each = $(Q)printf '%s\n' $(2) | xargs -P $(shell nproc) -n 1 sh -c '$(CLANG) $(call clang_flags,$(1)) "$$0" || { echo "clang: $$0"; exit 1; }'

check-clang: check-clang-system $(USER_DIRS:%=check-clang-%)

check-clang-system: $(GEN)/.syscalls $(CODE_PAGES) $(if $(wildcard $(FONT)),$(GEN)/font8x16.h)
	$(call clang_each,$(KERNEL_FLAGS),$(filter %.c,$(foreach d,$(KERNEL_DIRS),$(call kernel_sources,$(d)))))
	$(call clang_each,$(DRIVER_FLAGS) -I$(GEN),$(wildcard drivers/*/*.c))
	$(call clang_each,$(BOOT_FLAGS),$(wildcard boot/common/*.c boot/mb/*.c))

$(USER_DIRS:%=check-clang-%): check-clang-%: $(GEN)/.syscalls $(CODE_PAGES) $(GEN)/apisets.inc
	$(call clang_each,$(USER_FLAGS) -Iuserland/$* $($*_FLAGS),$(filter %.c,$($*_SOURCES) $($*_EXTRA)))

check-cppcheck: $(CODE_PAGES)
	$(Q)$(CPPCHECK) -q --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 --suppress=missingInclude \
		--suppress=unknownMacro --suppress=comparePointers --suppress=nullPointerRedundantCheck --suppress=syntaxError --suppress=missingIncludeSystem -j$(shell nproc) -Ikernel/inc -I$(GEN) kernel boot drivers

# Without assertions there are other unused variables.
check-free:
	+$(Q)$(MAKE) BUILD=$(BUILD)/free FREE=1 kernel drivers

bench: all
	@tools/bench
	@tools/bench --scale
