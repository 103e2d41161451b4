condrv_FLAGS := -I$(GEN)
