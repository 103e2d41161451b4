# SPDX-License-Identifier: MIT
#
# threedlls.exe and its DLLs, for the benchmark: plain gcc, as any user of mingw-w64 would.

IMPORT_DIR := userland/programs/imports
IMPORT_DLLS := $(foreach n,First Second Third,$(BUILD)/programs/imp$(n).dll)
IMPORT_FILES := $(BUILD)/programs/threedlls.exe $(IMPORT_DLLS)

$(BUILD)/programs/imp%.dll: $(IMPORT_DIR)/hundred.c $(IMPORT_DIR)/names.h
	$(call say,DLL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -DPREFIX=$* $< -o $@
$(BUILD)/programs/threedlls.exe: $(IMPORT_DIR)/threedlls.c $(IMPORT_DIR)/names.h $(IMPORT_DLLS)
	$(call say,PROGRAM,$@)
	$(Q)$(CC) $< -o $@ $(IMPORT_DLLS)
