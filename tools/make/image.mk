# SPDX-License-Identifier: MIT
#
# What is booted: the volume C: (system.img, FAT32), the boot configuration, and the GPT disk with its EFI system partition (disk.img),
# which `dd` can put on a USB stick.  A manifest lists what goes where: HOSTPATH=C:\PATH.

CRT_DLLS := $(patsubst %,$(NASCENT_CACHE)/crt/%.dll,msvcrt ucrtbase vcruntime140 vcruntime140_1 msvcp140)

# In DriverEntry order.  Those without a folder are left out.
BOOT_DRIVER_ORDER := ramdisk virtblk fastfat serial i8042prt condrv hostio npfs msfs
BOOT_DRIVERS := $(filter $(DRIVER_NAMES),$(BOOT_DRIVER_ORDER))
BOOT_OPTIONS ?=

$(CRT_DLLS):
	@echo "$@ is missing: run tools/setup" >&2; exit 1

# Tables that are mapped when they are wanted (userland/ntdll/nlsfile.c).
# The code pages that are no tables of kernel32's.
NLS_PAGES := 037 500 720 737 775 855 857 860 861 862 863 864 865 869 874 875 932 936 949 950 1026 1140 10000 10006 10007 10029 10079 10081 \
	21866 28593 28594 28595 28596 28597 28598 28599 28603 54936
NLS_FILES := $(GEN)/normalize.nls $(NLS_PAGES:%=$(GEN)/nls/c_%.nls)
$(GEN)/nls/c_%.nls: tools/gen-codepage
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen-codepage $* $@
$(GEN)/normalize.nls: tools/gen-normalize
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen-normalize $@

VOLUME_USER := $(patsubst %,$(BUILD)/user/%.dll,$(USER_DLLS)) $(patsubst %,$(BUILD)/user/%.exe,$(USER_EXES))
VOLUME_FILES := $(VOLUME_USER) $(CRT_DLLS) $(NLS_FILES) $(DRIVERS) $(PROGRAMS) $(NATIVES) $(IMPORT_FILES) $(TEST_FILES)
# The folders that programs expect of a fresh system; a blank in a name is written as ?.
VOLUME_FOLDERS := Temp Program?Files\Common?Files ProgramData Users\Public Users\Administrator\Desktop Users\Administrator\Documents \
	Users\Administrator\Downloads Users\Administrator\AppData\Local\Temp Users\Administrator\AppData\LocalLow Users\Administrator\AppData\Roaming
# These lists are looked at in every run and written when they differ: a tree that was moved, another BOOT_OPTIONS.
.PHONY: FORCE
if_changed = { $(1) } > $@.new; if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
# printf, because some shells' echo takes \n for a line end.
manifest_lines = $(foreach f,$(1),printf '%s\n' '$(f)=C:\$(2)\$(notdir $(f))';)

$(BUILD)/volume.manifest: FORCE | $(VOLUME_FILES)
	$(Q)mkdir -p $(@D)
	$(Q)$(call if_changed, $(call manifest_lines,$(abspath $(VOLUME_USER) $(CRT_DLLS) $(NLS_FILES)),Windows\System32) \
	  $(call manifest_lines,$(abspath $(DRIVERS)),Windows\System32\drivers) \
	  $(call manifest_lines,$(abspath $(PROGRAMS) $(NATIVES) $(IMPORT_FILES)),Programs) $(test_manifest) \
	  printf '%s\n' $(foreach f,$(VOLUME_FOLDERS),'=C:\$(subst ?, ,$(f))'); $(if $(wildcard userland/volume),printf '%s\n' '$(abspath userland/volume)=C:\';))

$(BUILD)/system.img: $(BUILD)/volume.manifest $(VOLUME_FILES) tools/image.py $(shell find userland/volume -type f 2>/dev/null)
	$(call say,VOLUME,$@)
	$(Q)$(PYTHON) tools/mkimage volume $@ $<

$(BUILD)/boot.cfg: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)$(call if_changed, echo '# Nascent boot configuration; boot/efi/config.c tells the format'; echo 'kernel ntoskrnl.exe'; \
	  $(foreach d,$(BOOT_DRIVERS),echo 'driver $(d).sys';) echo 'ramdisk system.img'; echo 'video 1280x800'; \
	  echo 'options $(BOOT_OPTIONS)';)

DISK_FILES := $(BUILD)/ntoskrnl.exe $(patsubst %,$(BUILD)/drivers/%.sys,$(BOOT_DRIVERS)) $(BUILD)/boot.cfg $(BUILD)/system.img
$(BUILD)/disk.manifest: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)$(call if_changed, $(foreach f,$(abspath $(DISK_FILES)),printf '%s\n' '$(f)=\EFI\NASCENT\$(notdir $(f))';) \
	  printf '%s\n' '$(abspath $(BUILD)/BOOTX64.EFI)=\EFI\BOOT\BOOTX64.EFI';)

$(BUILD)/disk.img: $(BUILD)/disk.manifest $(DISK_FILES) $(BUILD)/BOOTX64.EFI tools/image.py
	$(call say,DISK,$@)
	$(Q)$(PYTHON) tools/mkimage disk $@ $<

.PHONY: image volume
volume: $(BUILD)/system.img $(BUILD)/boot.cfg
image: volume $(BUILD)/disk.img
