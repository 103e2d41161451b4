# SPDX-License-Identifier: MIT
#
# Host tests: pure code of the kernel and the drivers, compiled for the build machine under AddressSanitizer and UBSan.
#
#   make host-test          builds and runs all of tests/host/test_*.c; JUnit XML in $(BUILD)/host/*.xml
#   make host-test-NAME     builds and runs one, e.g. host-test-pe
#   make host-tests         only builds them: $(BUILD)/tests/host/test_*
#
# Each test is linked with every pure source file.

# Ubuntu's compiler defines _FORTIFY_SOURCE, whose checked functions are none of those that AddressSanitizer knows best.
HOST_SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=undefined
HOST_FLAGS := -std=gnu17 -O1 -g -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers -fshort-wchar \
	-fno-builtin -fno-strict-aliasing -fno-omit-frame-pointer -U_FORTIFY_SOURCE $(HOST_SANITIZE) -MMD -MP
HOST_INCLUDE := -Itests/host -Ikernel/rtl -Ikernel/inc -I$(GEN) -Idrivers/fastfat -Ikernel/mm
HOST_SHIM := -include tests/host/shim/crtnames.h -include tests/host/shim/nt.h

# Not pure: needs the machine it describes.
HOST_RTL := $(filter-out %/platform.c %/except.c %/image.c %/backtrace.c,$(wildcard kernel/rtl/*.c))
HOST_PLAIN := $(patsubst %,drivers/fastfat/%.c,fatdisk fatname fattime fatshort fattable fatfile fatnode fatsort fatslot fatentry fatrename) kernel/mm/vadtree.c
HOST_TESTS := $(patsubst tests/host/test_%.c,%,$(wildcard tests/host/test_*.c))
HOST_OBJECTS := $(patsubst %,$(BUILD)/host/obj/%.o,$(HOST_RTL) $(HOST_PLAIN) tests/host/hooks.c tests/host/fatshim.c tests/host/fatmodel.c)

$(BUILD)/host/obj/kernel/rtl/%.c.o: kernel/rtl/%.c
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_FLAGS) $(HOST_SHIM) $(HOST_INCLUDE) -c $< -o $@
$(BUILD)/host/obj/%.c.o: %.c
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_FLAGS) $(HOST_INCLUDE) -c $< -o $@

$(BUILD)/host/obj/kernel/rtl/codepage.c.o: $(CODE_PAGES)

define host_test
$(BUILD)/tests/host/test_$(1): $(BUILD)/host/obj/tests/host/test_$(1).c.o $(HOST_OBJECTS)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(HOSTCC) $(HOST_SANITIZE) -o $$@ $$^ -lcmocka
.PHONY: host-test-$(1)
host-test-$(1): $(BUILD)/tests/host/test_$(1)
	$$(Q)CMOCKA_MESSAGE_OUTPUT=stdout $$<
endef
$(foreach t,$(HOST_TESTS),$(eval $(call host_test,$(t))))

.PHONY: host-test host-tests
host-tests: $(HOST_TESTS:%=$(BUILD)/tests/host/test_%)
host-test: $(HOST_TESTS:%=$(BUILD)/tests/host/test_%)
	$(Q)failed=0; for t in $(HOST_TESTS); do rm -f $(BUILD)/host/$$t.xml; \
	  if CMOCKA_MESSAGE_OUTPUT=xml CMOCKA_XML_FILE=$(BUILD)/host/$$t.xml $(BUILD)/tests/host/test_$$t > $(BUILD)/host/$$t.log 2>&1; \
	  then printf '  %-8s %s (%s tests)\n' PASS host/$$t $$(grep -c '<testcase ' $(BUILD)/host/$$t.xml); \
	  else printf '  %-8s %s: see %s\n' FAIL host/$$t $(BUILD)/host/$$t.log; cat $(BUILD)/host/$$t.log; \
	    grep -B1 -A5 '<failure' $(BUILD)/host/$$t.xml; failed=1; fi; done; exit $$failed

-include $(HOST_OBJECTS:.o=.d) $(wildcard $(BUILD)/host/obj/tests/host/*.d)
