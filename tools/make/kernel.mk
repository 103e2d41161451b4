# SPDX-License-Identifier: MIT
#
# ntoskrnl.exe: every *.c and *.asm of the kernel's folders.  `make obj-mm` compiles one folder (arch/x64 is obj-arch).
#
# A folder's file `exports` names what drivers may import, one a line (`NAME DATA` for a variable).
# arch/x64/offsets.c is special: it is not linked, but compiled to assembly from which the lines `->NAME value` become
# $(GEN)/offsets.inc, so that assembly and C cannot disagree about a structure.

KERNEL_DIRS := arch/x64 inbv rtl ke kd ex mm ob se io cc ps dbgk ldr etw init
KERNEL_FLAGS := $(COMMON_FLAGS) -ffreestanding -fno-builtin $(NO_SSE) -mno-stack-arg-probe -mcmodel=small \
	-fstack-protector-strong -fno-optimize-sibling-calls -fno-tree-loop-distribute-patterns -D_NTOSKRNL_ -D_NTHALDLL_ \
	-isystem $(DDK) -Ikernel/inc -Iuserland/inc -I$(GEN) -I.
KERNEL_LINK := -nostdlib -Wl,-T,linker.ld -Wl,--image-base,0xFFFFF80000000000 -Wl,--subsystem,native -Wl,-e,KiSystemStartup \
	$(PE_LINK) -Wl,--orphan-handling=error
NASM_FLAGS := -f win64 -g -I$(GEN)/ -Ikernel/arch/x64/

KERNEL_OFFSETS := $(wildcard kernel/arch/x64/offsets.c)
kernel_sources = $(filter-out $(KERNEL_OFFSETS),$(wildcard kernel/$(1)/*.c kernel/$(1)/*.asm))
kernel_objects = $(patsubst %,$(BUILD)/obj/%.o,$(call kernel_sources,$(1)))
KERNEL_OBJECTS := $(foreach d,$(KERNEL_DIRS),$(call kernel_objects,$(d)))
KERNEL_GENERATED := $(BUILD)/obj/gen/syscalls.c.o $(BUILD)/obj/gen/zwstubs.asm.o
KERNEL_EXPORTS := $(wildcard $(patsubst %,kernel/%/exports,$(KERNEL_DIRS)))

define kernel_folder
.PHONY: obj-$(firstword $(subst /, ,$(1)))
obj-$(firstword $(subst /, ,$(1))): $(call kernel_objects,$(1))
endef
$(foreach d,$(KERNEL_DIRS),$(eval $(call kernel_folder,$(d))))

$(BUILD)/obj/kernel/%.c.o: kernel/%.c | $(GEN)/.syscalls
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_FLAGS) -c $< -o $@

$(BUILD)/obj/kernel/%.asm.o: kernel/%.asm $(if $(KERNEL_OFFSETS),$(GEN)/offsets.inc)
	$(call say,NASM,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(NASM) $(NASM_FLAGS) -MD $(@:.o=.d) -MT $@ -MP $< -o $@

# The console font: made from Debian's Uni2-VGA16, for inbv here and for drivers/condrv.
NASCENT_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/nascent
FONT := $(NASCENT_CACHE)/font/Uni2-VGA16.psf.gz
$(FONT):
	@echo "$@ is missing: run tools/setup" >&2; exit 1
$(GEN)/font8x16.h: $(FONT) tools/mkfont | $(GEN)/.syscalls
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/mkfont $< $@
$(call kernel_objects,inbv): | $(GEN)/font8x16.h

# The system's code pages, for rtl wherever it is compiled (kernel, ntdll, host tests).
CODE_PAGES := $(GEN)/c_1252.inc $(GEN)/c_437.inc
$(GEN)/c_%.inc: tools/gen-codepage
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen-codepage $* $@
$(BUILD)/obj/kernel/rtl/codepage.c.o $(BUILD)/obj/user-ntdll/kernel/rtl/codepage.c.o: $(CODE_PAGES)

$(BUILD)/obj/gen/%.c.o: $(GEN)/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_FLAGS) -c $< -o $@
$(BUILD)/obj/gen/%.asm.o: $(GEN)/%.asm
	$(Q)mkdir -p $(@D)
	$(Q)$(NASM) -f win64 $< -o $@

$(GEN)/offsets.inc: $(KERNEL_OFFSETS) | $(GEN)/.syscalls
	$(call say,GEN,$@)
	$(Q)$(CC) $(KERNEL_FLAGS) -MF $(GEN)/offsets.d -MT $@ -S $< -o $(GEN)/offsets.s
	$(Q)sed -n 's/^.*->\([A-Za-z0-9_]*\) [$$]*\(-*[0-9]*\).*$$/%define \1 \2/p' $(GEN)/offsets.s > $@

$(GEN)/ntoskrnl.def: $(KERNEL_EXPORTS) $(GEN)/.syscalls $(MK_FILES)
	@mkdir -p $(@D)
	$(Q){ echo 'NAME ntoskrnl.exe'; echo EXPORTS; \
	  { cat $(KERNEL_EXPORTS) /dev/null; sed -n 's/^Nt\([A-Za-z0-9]*\) .*/Zw\1/p' tools/syscalls.tbl; } | \
	  sed 's/[#;].*//; s/[[:space:]]*$$//; /^$$/d; s/^[[:space:]]*/    /' | LC_ALL=C sort -u; } > $@

$(BUILD)/sym/ntoskrnl.exe: $(KERNEL_OBJECTS) $(KERNEL_GENERATED) $(GEN)/ntoskrnl.def linker.ld
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) $(BUILD)/lib
	$(Q)$(CC) $(KERNEL_LINK) -Wl,--out-implib,$(BUILD)/lib/libntoskrnl.a -o $@ $(filter %.o,$^) $(GEN)/ntoskrnl.def -lgcc

$(BUILD)/ntoskrnl.exe: $(BUILD)/sym/ntoskrnl.exe tools/ksym
	$(call say,STRIP,$@)
	$(call strip_with_symbols,$(filter %.asm.o,$(KERNEL_OBJECTS) $(KERNEL_GENERATED)))

.PHONY: kernel
kernel: $(BUILD)/ntoskrnl.exe

-include $(KERNEL_OBJECTS:.o=.d) $(wildcard $(GEN)/offsets.d)
