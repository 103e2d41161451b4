# SPDX-License-Identifier: MIT
#
# Nascent's build.  `make` builds everything into $(BUILD); `make help` lists what else there is.
#
# Sources are found by wildcard: to add a file, create it.  One part of the tree is one file under tools/make:
#   kernel.mk    ntoskrnl.exe          drivers.mk   *.sys
#   userland.mk  ntdll, DLLs, programs boot.mk      the two loaders
#   image.mk     volume, ESP, disk     run.mk       run, debug, test, check, help
# Each image is built twice over: $(BUILD)/sym/NAME keeps the symbols for gdb, the shipped one is stripped.

BUILD ?= build
CROSS ?= x86_64-w64-mingw32-
SMP ?= 1
MEM ?= 512
V ?= 0
FREE ?= 0

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

ifeq ($(V),0)
Q := @
say = @printf '  %-8s %s\n' $(1) $(2)
else
Q :=
say = @:
endif

CC := $(CROSS)gcc
STRIP := $(CROSS)strip
DLLTOOL := $(CROSS)dlltool
NASM ?= nasm
PYTHON ?= python3
HOSTCC ?= gcc

# The DDK headers lie beside the other headers of the cross compiler, wherever the distribution put those.
HASH := \#
DDK := $(patsubst %/_mingw.h,%/ddk,$(firstword $(filter %/_mingw.h,$(shell echo '$(HASH)include <_mingw.h>' | $(CC) -xc -M - 2>/dev/null))))

COMMON_FLAGS := -std=gnu17 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers \
	-Wno-unknown-pragmas --param=min-pagesize=0 -fno-strict-aliasing -fno-common -fno-ident -ffile-prefix-map=$(CURDIR)/= \
	-D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A000000 -MMD -MP
ifeq ($(FREE),1)
COMMON_FLAGS += -DFREE_BUILD
endif
# Kernel, drivers and loaders leave the SSE registers alone.  mingw's own store fence wants the SSE built-ins, which such code lacks.
NO_SSE := -mgeneral-regs-only -D__INTRINSIC_DEFINED___faststorefence
PE_LINK := -Wl,--dynamicbase -Wl,--section-alignment,4096 -Wl,--file-alignment,512 -Wl,--no-insert-timestamp \
	-Wl,--disable-auto-import

GEN := $(BUILD)/gen
MK_FILES := Makefile $(wildcard tools/make/*.mk)
GENERATED := $(GEN)/syscalls.c $(GEN)/zwstubs.asm $(GEN)/ntstubs.asm $(GEN)/ntstubs.def $(GEN)/syscall_names.h

$(GEN)/.syscalls: tools/syscalls.tbl tools/gen-syscalls
	$(call say,GEN,$(GEN)/syscalls)
	$(Q)$(PYTHON) tools/gen-syscalls tools/syscalls.tbl $(GEN)
	$(Q)touch $@
$(GENERATED): $(GEN)/.syscalls ;

# strip -p keeps the time stamp field as it is; the unstripped image stays in $(BUILD)/sym.
define strip_image
$(Q)mkdir -p $(@D)
$(Q)$(STRIP) -p -o $@ $<
endef

# The kernel and the drivers carry names and lines for the bugcheck screen.
define strip_with_symbols
$(Q)mkdir -p $(@D)
$(Q)$(PYTHON) tools/ksym --cross $(CROSS) $< $@ $(1)
endef

include tools/make/kernel.mk
include tools/make/drivers.mk
include tools/make/userland.mk
include tools/make/host.mk
include tools/make/boot.mk
include tools/make/image.mk
include tools/make/run.mk
include tools/make/test.mk
include tools/make/fuzz.mk

.PHONY: all clean
all: kernel drivers userland boot image

clean:
	$(Q)rm -rf $(BUILD)
