# SPDX-License-Identifier: MIT
#
# `make fuzz-fat`: libFuzzer over the FAT and partition-table code (tests/fuzz/fuzz_fat.c says what it does).  FUZZ_TIME seconds, or FUZZ_RUNS inputs.
# What makes it fail is kept in $(BUILD)/fuzz; the corpus too, so that the next run goes on from there.

CLANG ?= clang
FUZZ_TIME ?= 60
FUZZ_RUNS ?=
FUZZ_SOURCES := tests/fuzz/fuzz_fat.c $(patsubst %,drivers/fastfat/%.c,fatdisk fatname fattime fatshort fattable fatfile fatnode fatsort fatslot fatentry fatrename) \
	drivers/virtblk/parttable.c
FUZZ_FLAGS := -std=gnu17 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fshort-wchar -Idrivers/fastfat -Idrivers/virtblk

$(BUILD)/fuzz/fuzz_fat: $(FUZZ_SOURCES) $(wildcard drivers/fastfat/fatcore.h drivers/fastfat/fatdisk.h drivers/virtblk/parttable.h)
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_FLAGS) $(FUZZ_SOURCES) -o $@

.PHONY: fuzz-fat
fuzz-fat: $(BUILD)/fuzz/fuzz_fat
	$(Q)mkdir -p $(BUILD)/fuzz/corpus
	$(Q)$< -max_len=400 -timeout=20 -rss_limit_mb=1000 -artifact_prefix=$(BUILD)/fuzz/ -print_final_stats=1 \
	  $(if $(FUZZ_RUNS),-runs=$(FUZZ_RUNS) -seed=1,-max_total_time=$(FUZZ_TIME)) $(BUILD)/fuzz/corpus

# The power cut at every write of long workloads (ten minutes; FAT_ONLY=test_fat32 for one of them); `make test` runs short ones.
FAT_STEPS ?= 6000
.PHONY: fat-power
fat-power: $(BUILD)/tests/host/test_fatpower
	$(Q)FAT_STEPS=$(FAT_STEPS) $<
