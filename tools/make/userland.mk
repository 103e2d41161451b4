# SPDX-License-Identifier: MIT
#
# User mode.
#   userland/NAME with NAME.def      -> NAME.dll, linked without any C library against the import libraries made here; further .def files
#                                       in the folder hold more of its exports, without a head
#   userland/NAME without a .def     -> NAME.exe, the same (smss: native, ntdll only)
#   userland/programs/*.c            -> X.exe by plain `gcc X.c -o X.exe`: what any user of mingw-w64 would build
#   userland/programs/native/*.c     -> X.exe, ntdll only, entry NtProcessStartup; X.native.c gets subsystem native, others console
#   tests/user/*.c                   -> as userland/programs
# A folder's build.mk may set NAME_LIBS (default: kernel32 ntdll; kernel32: ntdll), NAME_ENTRY, NAME_FLAGS, NAME_EXTRA (sources).
# Import libraries are made from the .def files before anything is linked, so DLLs may refer to each other freely.

USER_FLAGS := $(COMMON_FLAGS) -ffreestanding -fno-builtin -fno-stack-protector -fno-tree-loop-distribute-patterns \
	-isystem $(DDK) -Iuserland/inc -Ikernel/inc -I$(GEN) -I.
USER_LINK := -nostdlib $(PE_LINK) -Wl,--nxcompat -L$(BUILD)/lib

USER_SKIP := programs inc
USER_DIRS := $(filter-out $(USER_SKIP),$(patsubst userland/%/,%,$(sort $(dir $(wildcard userland/*/*.c)))))
USER_DLLS := $(foreach d,$(USER_DIRS),$(if $(wildcard userland/$(d)/$(d).def),$(d)))
USER_EXES := $(filter-out $(USER_DLLS),$(USER_DIRS))

# The -D_NAME_ of a DLL turns dllimport off for what it defines itself.
# What the shared run-time library needs to know when it is compiled for user mode.
ntdll_EXTRA := $(wildcard kernel/rtl/*.c kernel/rtl/*.asm)
ntdll_FLAGS := -DRTL_USER_MODE -D_NTSYSTEM_
kernel32_FLAGS := -D_KERNEL32_
advapi32_FLAGS := -D_ADVAPI32_
ntdll_LIBS :=
ntdll_ENTRY := 0
kernel32_LIBS := ntdll
smss_LIBS := ntdll
smss_ENTRY := NtProcessStartup
smss_SUBSYSTEM := native
-include $(wildcard userland/*/build.mk)

# $(1) name
define user_objects
$(1)_SOURCES := $$(wildcard userland/$(1)/*.c userland/$(1)/*.asm)
$(1)_OBJECTS := $$(patsubst %,$(BUILD)/obj/user-$(1)/%.o,$$($(1)_SOURCES) $$($(1)_EXTRA))
$(1)_LIBS ?= kernel32 ntdll
$(BUILD)/obj/user-$(1)/%.c.o: %.c | $(GEN)/.syscalls
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(USER_FLAGS) -Iuserland/$(1) $$($(1)_FLAGS) -c $$< -o $$@
$(BUILD)/obj/user-$(1)/%.asm.o: %.asm | $(GEN)/.syscalls
	$$(call say,NASM,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(NASM) -f win64 -g -I$$(GEN)/ -Iuserland/$(1)/ -Ikernel/arch/x64/ -DRTL_USER_MODE $$< -o $$@
.PHONY: obj-$(1)
obj-$(1): $$($(1)_OBJECTS)
-include $$(wildcard $$($(1)_OBJECTS:.o=.d))
endef
$(foreach d,$(USER_DIRS),$(eval $(call user_objects,$(d))))
ntdll_OBJECTS += $(BUILD)/obj/gen/ntstubs.asm.o

# A folder's absent.tbl: more exports that fail honestly.
define absent_rules
$(GEN)/absent/$(1).c $(GEN)/absent/$(1).def &: userland/$(1)/absent.tbl tools/gen-absent
	$$(call say,GEN,$(GEN)/absent/$(1).c)
	$$(Q)mkdir -p $$(GEN)/absent
	$$(Q)$$(PYTHON) tools/gen-absent $(1) $$< $(GEN)/absent/$(1).c $(GEN)/absent/$(1).def
$(BUILD)/obj/user-$(1)/absent.o: $(GEN)/absent/$(1).c userland/inc/absent.h
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(USER_FLAGS) -c $$< -o $$@
$(1)_OBJECTS += $(BUILD)/obj/user-$(1)/absent.o
endef
ABSENT_DLLS := $(patsubst userland/%/absent.tbl,%,$(wildcard userland/*/absent.tbl))
$(foreach d,$(ABSENT_DLLS),$(eval $(call absent_rules,$(d))))
$(BUILD)/obj/user-ntdll/userland/ntdll/ldrapiset.c.o: $(GEN)/apisets.inc
$(GEN)/apisets.inc: tools/apisets.tbl tools/gen-apisets
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen-apisets $< $@

define dll_rules
$(GEN)/$(1).def: userland/$(1)/$(1).def $(filter-out userland/$(1)/$(1).def,$(wildcard userland/$(1)/*.def)) \
		$(if $(filter $(1),$(ABSENT_DLLS)),$(GEN)/absent/$(1).def) $(if $(filter ntdll,$(1)),$(GEN)/ntstubs.def)
	$$(Q)mkdir -p $$(@D)
	$$(Q)cat $$^ > $$@
$(BUILD)/lib/lib$(1).a: $(GEN)/$(1).def
	$$(call say,IMPLIB,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(DLLTOOL) -d $$< -D $(1).dll -l $$@
$(BUILD)/sym/$(1).dll: $$($(1)_OBJECTS) $(GEN)/$(1).def $$(patsubst %,$(BUILD)/lib/lib%.a,$$($(1)_LIBS))
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) -shared $$(USER_LINK) -Wl,--image-base,0x180000000 -Wl,-e,$$(or $$($(1)_ENTRY),DllMain) -o $$@ $$(filter %.o %.def,$$^) $$(patsubst %,-l%,$$($(1)_LIBS)) -lgcc
$(BUILD)/user/$(1).dll: $(BUILD)/sym/$(1).dll
	$$(call say,STRIP,$$@)
	$$(strip_image)
.PHONY: $(1) dll-$(1)
$(1) dll-$(1): $(BUILD)/user/$(1).dll $(BUILD)/lib/lib$(1).a
endef
$(foreach d,$(USER_DLLS),$(eval $(call dll_rules,$(d))))

define exe_rules
$(BUILD)/sym/$(1).exe: $$($(1)_OBJECTS) $$(patsubst %,$(BUILD)/lib/lib%.a,$$($(1)_LIBS))
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(USER_LINK) -Wl,--subsystem,$$(or $$($(1)_SUBSYSTEM),console) -Wl,-e,$$(or $$($(1)_ENTRY),mainCRTStartup) \
		-o $$@ $$(filter %.o,$$^) $$(patsubst %,-l%,$$($(1)_LIBS)) -lgcc
$(BUILD)/user/$(1).exe: $(BUILD)/sym/$(1).exe
	$$(call say,STRIP,$$@)
	$$(strip_image)
.PHONY: $(1)
$(1): $(BUILD)/user/$(1).exe
endef
$(foreach d,$(USER_EXES),$(eval $(call exe_rules,$(d))))

PROGRAM_SOURCES := $(wildcard userland/programs/*.c tests/user/*.c)
NATIVE_SOURCES := $(wildcard userland/programs/native/*.c tests/user/native/*.c)
PROGRAMS := $(patsubst %.c,$(BUILD)/programs/%.exe,$(notdir $(PROGRAM_SOURCES)))
NATIVES := $(patsubst %.c,$(BUILD)/programs/%.exe,$(notdir $(NATIVE_SOURCES:.native.c=.c)))

# Plain: no flag of ours; NAME_LINK for the few tests that need a library of theirs.
filenative_LINK := -lntdll
define program_rule
$(BUILD)/programs/$(basename $(notdir $(1))).exe: $(1) $(wildcard $(dir $(1))*.h)
	$$(call say,PROGRAM,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $(1) -o $$@ $$($(basename $(notdir $(1)))_LINK)
endef
$(foreach s,$(PROGRAM_SOURCES),$(eval $(call program_rule,$(s))))

define native_rule
$(BUILD)/programs/$(basename $(notdir $(1:.native.c=.c))).exe: $(1) $(BUILD)/lib/libntdll.a
	$$(call say,NATIVE,$$@)
	$$(Q)mkdir -p $$(@D) $(BUILD)/obj/native
	$$(Q)$$(CC) $$(USER_FLAGS) -MF $(BUILD)/obj/native/$(notdir $(1)).d -MT $$@ $$(USER_LINK) \
		-Wl,--subsystem,$(if $(filter %.native.c,$(1)),native,console) -Wl,-e,NtProcessStartup $(1) -o $$@ -lntdll -lgcc
-include $$(wildcard $(BUILD)/obj/native/$(notdir $(1)).d)
endef
$(foreach s,$(NATIVE_SOURCES),$(eval $(call native_rule,$(s))))

-include userland/programs/imports/rules.mk

# The DLLs that the loader tests load.
-include tests/user/dll/rules.mk

.PHONY: userland own-programs
own-programs: $(PROGRAMS) $(NATIVES) $(IMPORT_FILES)
userland: $(patsubst %,$(BUILD)/user/%.dll,$(USER_DLLS)) $(patsubst %,$(BUILD)/user/%.exe,$(USER_EXES)) own-programs
