# SPDX-License-Identifier: MIT
#
# DLLs of the loader tests.
#   NAME.c, NAME.def     -> NAME.dll by plain `gcc -shared`; NAME_DLL_LINK: further options, NAME_NEEDS: test DLLs whose import library it wants
#   NAME.c with copies   -> TEST_DLL_COPIES: `folder/NAME=-Dflags` builds NAME.dll once more into C:\Programs\folder
#   ../cpp/*.cpp         -> C++ programs and DLLs, with the compiler's own run-time DLLs beside them
# All of them lie beside the test programs.  odd.py makes from oddbase.dll the images no linker writes.

TEST_DLL_DIR := tests/user/dll
TEST_DLLS := $(patsubst $(TEST_DLL_DIR)/%.c,$(BUILD)/programs/%.dll,$(wildcard $(TEST_DLL_DIR)/*.c))

ldra_NEEDS := ldrlog ldrb
ldrb_NEEDS := ldrlog ldrc
ldrc_NEEDS := ldrlog
ldrc_DLL_LINK := -nostartfiles -Wl,-e,DllMain
ldrfail_NEEDS := ldrlog ldrc
ldrcrash_NEEDS := ldrlog
ldrtls_NEEDS := ldrlog
ldrcycle1_NEEDS := ldrlog ldrcycle2
ldrcycle2_NEEDS := ldrlog
ldrfwd_NEEDS :=
ldrdep_NEEDS := ldrwhere
ldrordinal_DLL_LINK := $(TEST_DLL_DIR)/ldrordinal.def
ldrfwd_DLL_LINK := $(TEST_DLL_DIR)/ldrfwd.def
ldrres_DLL_LINK = $(BUILD)/obj/tests/ldrres.res.o
resreloc_DLL_LINK = -s $(BUILD)/obj/tests/ldrres.res.o
ldrlack_DLL_LINK = -llack
ldrorphan_DLL_LINK = -lorphan
ldrbyord_DLL_LINK = -lbyord
ldrapiset_DLL_LINK = -lapiset
oddbase_DLL_LINK := -s -nostdlib -Wl,-e,DllMain -lkernel32

define test_dll
$(BUILD)/programs/$(1).dll: $(TEST_DLL_DIR)/$(1).c $(wildcard $(TEST_DLL_DIR)/$(1).def $(TEST_DLL_DIR)/*.h) \
		$(patsubst %,$(BUILD)/programs/%.dll,$($(1)_NEEDS)) $(TEST_DLL_DIR)/rules.mk
	$$(call say,TESTDLL,$$@)
	$$(Q)mkdir -p $$(@D) $(BUILD)/lib/tests
	$$(Q)$$(CC) -shared $$< -o $$@ -L$(BUILD)/lib/tests $$(patsubst %,-l%,$$($(1)_NEEDS)) $$($(1)_DLL_LINK) \
		-Wl,--out-implib,$(BUILD)/lib/tests/lib$(1).a
endef
$(foreach d,$(notdir $(TEST_DLLS:.dll=)),$(eval $(call test_dll,$(d))))

$(BUILD)/obj/tests/ldrres.res.o: $(TEST_DLL_DIR)/ldrres.rc
	$(Q)mkdir -p $(@D)
	$(Q)$(CROSS)windres $< $@
$(BUILD)/programs/ldrres.dll $(BUILD)/programs/resreloc.dll: $(BUILD)/obj/tests/ldrres.res.o

# Import libraries that say what no DLL would: names that are not there, API sets; and half of a cycle.
$(BUILD)/lib/tests/lib%.a: $(TEST_DLL_DIR)/%.def
	$(Q)mkdir -p $(@D)
	$(Q)$(DLLTOOL) -d $< -l $@
$(foreach d,lack orphan byord apiset,$(eval $(BUILD)/programs/ldr$(d).dll: $(BUILD)/lib/tests/lib$(d).a))
$(BUILD)/programs/ldrcycle2.dll: $(BUILD)/lib/tests/libcycle1.a
ldrcycle2_DLL_LINK = -lcycle1
.PRECIOUS: $(BUILD)/lib/tests/lib%.a

# The same DLL in several folders, each knowing which.
WHERE := one two three sub
WHERE_DLLS := $(patsubst %,$(BUILD)/programs/%/ldrwhere.dll,$(WHERE)) $(BUILD)/programs/sub/ldrdep.dll $(BUILD)/programs/sub/ldronly.dll
$(BUILD)/programs/%/ldrwhere.dll: $(TEST_DLL_DIR)/ldrwhere.c
	$(call say,TESTDLL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared '-DWHERE="$*"' $< -o $@
$(BUILD)/programs/sub/ldrdep.dll: $(BUILD)/programs/ldrdep.dll
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@
$(BUILD)/programs/sub/ldronly.dll: $(TEST_DLL_DIR)/ldrwhere.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared '-DWHERE="only"' $< -o $@

# Images that no linker writes.
ODD_STAMP := $(BUILD)/programs/odd/.made
$(ODD_STAMP): $(TEST_DLL_DIR)/odd.py $(BUILD)/programs/oddbase.dll
	$(call say,ODD,$(@D))
	$(Q)rm -rf $(@D) && mkdir -p $(@D)
	$(Q)$(PYTHON) $< $(BUILD)/programs/oddbase.dll $(@D) && touch $@
ODD_NAMES := align16 shift4k tiny many nopdata noreloc bound ordinals fixed4g

# Programs with options of their own.
ldrdelay_LINK = -L$(BUILD)/lib/tests -lldrlogdelay
$(BUILD)/lib/tests/libldrlogdelay.a: $(TEST_DLL_DIR)/ldrlog.def
	$(Q)mkdir -p $(@D)
	$(Q)$(DLLTOOL) -d $< -D ldrlog.dll -y $@
$(BUILD)/programs/ldrdelay.exe: $(BUILD)/lib/tests/libldrlogdelay.a

# C++: the compiler's run-time DLLs are used, not linked in.  Left out where there is no C++ compiler.
CXX_FOUND := $(shell command -v $(CROSS)g++-posix || command -v $(CROSS)g++)
CXX_NAMES := $(if $(CXX_FOUND),$(patsubst tests/user/cpp/%.cpp,%,$(wildcard tests/user/cpp/*.cpp)))
CXX_PROGRAMS := $(patsubst %,$(BUILD)/programs/%.exe,$(filter-out %dll,$(CXX_NAMES)))
CXX_DLLS := $(patsubst %,$(BUILD)/programs/%.dll,$(filter %dll,$(CXX_NAMES)))
CXX_RUNTIME := $(if $(CXX_FOUND),$(foreach f,libstdc++-6.dll libgcc_s_seh-1.dll libwinpthread-1.dll,$(BUILD)/programs/$(f)))
$(BUILD)/programs/lib%.dll: $(CXX_FOUND)
	$(Q)mkdir -p $(@D)
	$(Q)$(STRIP) -p -o $@ "$$(f=$$($(CXX_FOUND) -print-file-name=$(@F)); [ -f "$$f" ] && echo "$$f" || echo $$(dirname $$($(CXX_FOUND) -print-file-name=libkernel32.a))/$(@F))"
define cxx_dll
$(BUILD)/programs/$(1).dll: tests/user/cpp/$(1).cpp
	$$(call say,C++,$$@)
	$$(Q)mkdir -p $$(@D) $(BUILD)/lib/tests
	$$(Q)$$(CXX_FOUND) -O1 -shared $$< -o $$@ -Wl,--out-implib,$(BUILD)/lib/tests/lib$(1).a
endef
$(foreach d,$(filter %dll,$(CXX_NAMES)),$(eval $(call cxx_dll,$(d))))
define cxx_program
$(BUILD)/programs/$(1).exe: tests/user/cpp/$(1).cpp tests/user/tap.h $(CXX_DLLS)
	$$(call say,C++,$$@)
	$$(Q)$$(CXX_FOUND) -std=c++17 -O1 -pthread $$< -o $$@ -L$(BUILD)/lib/tests $(patsubst %.dll,-l%,$(notdir $(CXX_DLLS)))
endef
$(foreach d,$(filter-out %dll,$(CXX_NAMES)),$(eval $(call cxx_program,$(d))))

TEST_FILES := $(TEST_DLLS) $(WHERE_DLLS) $(patsubst %,$(BUILD)/programs/odd/%.dll,$(ODD_NAMES)) $(CXX_PROGRAMS) $(CXX_DLLS) $(CXX_RUNTIME)
$(patsubst %,$(BUILD)/programs/odd/%.dll,$(ODD_NAMES)): $(ODD_STAMP) ;
test_manifest = $(foreach f,$(TEST_FILES),printf '%s\n' '$(abspath $(f))=C:\Programs\$(subst /,\,$(patsubst $(BUILD)/programs/%,%,$(f)))';)
.PHONY: test-dlls
test-dlls: $(TEST_FILES)
