/* SPDX-License-Identifier: MIT */
/*
 * hal.c - the order in which the machine's interrupt and time hardware is brought up, and the small services around it.
 */
#include "archp.h"
#include "ki.h"
#include "kd.h"

/* Boot processor, phase 0, interrupts off: afterwards software interrupts work. */
void KiInitializeHardwareInterrupts(LOADER_PARAMETER_BLOCK *Block)
{
    KiMaskLegacyPic();
    KiReadAcpiTables(Block->AcpiRsdp);
    KiInitializeApic();
    KiInitializeLocalApic(KeGetCurrentPrcb());
    KiInitializeIoApic();
    KiReserveTrampoline(Block);
}

void KiInitializeHardwareClock(void)
{
    KiCalibrate();
}

void KiStartHardwareClock(void)
{
    KiStartClock();
}

void KiSendReschedule(ULONG Number)
{
    KiSendIpi(Number, IPI_VECTOR);
}

void KiSendNmi(ULONG Number)
{
    KiSendApicCommand(KiProcessorBlock[Number]->ApicId, 0x4400);
}

/* STI takes effect after the next instruction, so no interrupt is lost between the two. */
void KiHaltProcessor(void)
{
    __asm__ volatile("sti\n\thlt" ::: "memory");
}
