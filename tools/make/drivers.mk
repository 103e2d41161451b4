# SPDX-License-Identifier: MIT
#
# Drivers: a folder of drivers/ or tests/kernel/ with *.c in it is a driver, drivers/NAME -> $(BUILD)/drivers/NAME.sys.
#
# They are compiled as anybody would compile them: mingw's DDK headers, -lntoskrnl -lhal of mingw, entry DriverEntry.
# A folder may have a sources.mk that sets NAME_EXTRA (further sources, e.g. kernel/rtl/bitmap.c) and NAME_FLAGS.
# `make driver-NAME` builds one.

DRIVER_FLAGS := $(COMMON_FLAGS) -ffreestanding -fno-builtin $(NO_SSE) -mno-stack-arg-probe -fno-stack-protector \
	-fno-optimize-sibling-calls -fno-tree-loop-distribute-patterns -isystem $(DDK) -I.
DRIVER_LINK := -nostdlib -Wl,--subsystem,native -Wl,-e,DriverEntry -Wl,--image-base,0x140000000 $(PE_LINK)

DRIVER_DIRS := $(patsubst %/,%,$(sort $(dir $(wildcard drivers/*/*.c tests/kernel/*/*.c))))
DRIVER_NAMES := $(notdir $(DRIVER_DIRS))
-include $(wildcard drivers/*/sources.mk tests/kernel/*/sources.mk)

# $(1) folder, $(2) name
define driver_rules
$(2)_SOURCES := $$(wildcard $(1)/*.c $(1)/*.asm)
$(2)_OBJECTS := $$(patsubst %,$(BUILD)/obj/drv-$(2)/%.o,$$($(2)_SOURCES) $$($(2)_EXTRA))
$(BUILD)/obj/drv-$(2)/%.c.o: %.c
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(DRIVER_FLAGS) -I$(1) $$($(2)_FLAGS) -c $$< -o $$@
$(BUILD)/obj/drv-$(2)/%.asm.o: %.asm
	$$(call say,NASM,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(NASM) -f win64 -g $$< -o $$@
$(BUILD)/sym/$(2).sys: $$($(2)_OBJECTS)
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(DRIVER_LINK) -o $$@ $$^ -lntoskrnl -lhal -lgcc
$(BUILD)/drivers/$(2).sys: $(BUILD)/sym/$(2).sys tools/ksym
	$$(call say,STRIP,$$@)
	$$(call strip_with_symbols,$$(filter %.asm.o,$$($(2)_OBJECTS)))
.PHONY: driver-$(2)
driver-$(2): $(BUILD)/drivers/$(2).sys
-include $$($(2)_OBJECTS:.o=.d)
endef
$(foreach d,$(DRIVER_DIRS),$(eval $(call driver_rules,$(d),$(notdir $(d)))))

$(condrv_OBJECTS): | $(GEN)/font8x16.h

DRIVERS := $(patsubst %,$(BUILD)/drivers/%.sys,$(DRIVER_NAMES))
.PHONY: drivers
drivers: $(DRIVERS)
