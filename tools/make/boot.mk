# SPDX-License-Identifier: MIT
#
# The two boot loaders: $(BUILD)/BOOTX64.EFI and $(BUILD)/mb.bin.  Both are compiled by the cross compiler of the rest, with GNU-EFI's
# headers for the first; what they share (boot/common, and kernel/rtl/pe*.c) is compiled once.

EFI_INCLUDE ?= /usr/include/efi
OBJCOPY := $(CROSS)objcopy
BOOT_FLAGS := $(COMMON_FLAGS) -ffreestanding -fno-builtin $(NO_SSE) -mno-stack-arg-probe -fno-stack-protector \
	-fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables -Ikernel/inc -I.
EFI_FLAGS := -DGNU_EFI_USE_MS_ABI -isystem $(EFI_INCLUDE) -isystem $(EFI_INCLUDE)/x86_64

boot_object = $(patsubst %,$(BUILD)/obj/boot/%.o,$(1))
BOOT_COMMON := $(call boot_object,$(wildcard boot/common/*.c boot/common/*.asm kernel/rtl/pe*.c))
BOOT_MB := $(call boot_object,$(wildcard boot/mb/*.c boot/mb/*.asm))
BOOT_EFI := $(call boot_object,$(wildcard boot/efi/*.c boot/efi/*.asm))

$(BOOT_EFI): BOOT_FLAGS += $(EFI_FLAGS)

$(BUILD)/obj/boot/%.c.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BOOT_FLAGS) -c $< -o $@

$(BUILD)/obj/boot/%.asm.o: %.asm
	$(call say,NASM,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(NASM) -f win64 $< -o $@

$(BUILD)/sym/mb.exe: $(BOOT_MB) $(BOOT_COMMON) boot/mb/mb.ld
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -nostdlib -Wl,-T,boot/mb/mb.ld -Wl,--image-base,0 -Wl,--disable-reloc-section -Wl,--no-insert-timestamp \
		-Wl,--section-alignment,4096 -Wl,--file-alignment,512 -Wl,--disable-dynamicbase -o $@ $(filter %.o,$^)

$(BUILD)/mb.bin: $(BUILD)/sym/mb.exe
	$(Q)$(OBJCOPY) -O binary -j .text $< $@

$(BUILD)/sym/BOOTX64.EFI: $(BOOT_EFI) $(BOOT_COMMON)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -nostdlib -Wl,--subsystem,10 -Wl,-e,efi_main -Wl,--image-base,0x10000000 $(PE_LINK) -o $@ $(filter %.o,$^)

$(BUILD)/BOOTX64.EFI: $(BUILD)/sym/BOOTX64.EFI
	$(call say,STRIP,$@)
	$(strip_image)

.PHONY: boot
boot: $(BUILD)/mb.bin $(if $(BOOT_EFI),$(BUILD)/BOOTX64.EFI)

-include $(wildcard $(BOOT_COMMON:.o=.d) $(BOOT_MB:.o=.d) $(BOOT_EFI:.o=.d))
