/* SPDX-License-Identifier: MIT */
/*
 * offsets.c - the structure offsets and constants that assembly needs.
 *
 * Never linked: the makefile compiles it to assembly and turns each `->Name value` line into a %define of offsets.inc, so that C is
 * the one place where a layout is written down.
 */
#include "archp.h"
#include "etw.h"
#include "pstypes.h"

#define OFFSET(n, v) __asm__ volatile("\n->" #n " %0" : : "i"((long long)(v)))
#define FRAME(f) OFFSET(Tf##f, __builtin_offsetof(KTRAP_FRAME, f))
#define THREAD(f) OFFSET(Th##f, __builtin_offsetof(KTHREAD, f))
#define PRCB(f) OFFSET(Pc##f, 0x180 + __builtin_offsetof(KPRCB, f))

void KiGenerateFrameOffsets(void);
void KiGenerateThreadOffsets(void);
void KiGenerateProcessorOffsets(void);

void KiGenerateFrameOffsets(void)
{
    OFFSET(TfSize, sizeof(KTRAP_FRAME));
    OFFSET(TfXmm, __builtin_offsetof(KTRAP_FRAME, Xmm));
    FRAME(R15);
    FRAME(R14);
    FRAME(R13);
    FRAME(R12);
    FRAME(Rbp);
    FRAME(Rdi);
    FRAME(Rsi);
    FRAME(Rbx);
    FRAME(R11);
    FRAME(R10);
    FRAME(R9);
    FRAME(R8);
    FRAME(Rdx);
    FRAME(Rcx);
    FRAME(Rax);
    FRAME(PreviousTrapFrame);
    FRAME(PreviousMode);
    FRAME(PreviousIrql);
    FRAME(Vector);
    FRAME(FrameType);
    FRAME(MxCsr);
    FRAME(FaultAddress);
    FRAME(ErrorCode);
    FRAME(Rip);
    FRAME(SegCs);
    FRAME(EFlags);
    FRAME(Rsp);
    FRAME(SegSs);
    OFFSET(KTRAP_FRAME_SYSCALL, KTRAP_FRAME_SYSCALL);
    OFFSET(KTRAP_FRAME_SERVICE, KTRAP_FRAME_SERVICE);
}

void KiGenerateThreadOffsets(void)
{
    THREAD(InitialStack);
    THREAD(KernelStack);
    THREAD(TrapFrame);
    THREAD(Teb);
    THREAD(StateSaveArea);
    THREAD(PreviousMode);
    THREAD(State);
    THREAD(OnProcessor);
    THREAD(KernelApcDisable);
    THREAD(UserGsBase);
    THREAD(UserFsBase);
    OFFSET(ThApcStateProcess, __builtin_offsetof(KTHREAD, ApcState.Process));
    OFFSET(ThUserApcPending, __builtin_offsetof(KTHREAD, ApcState.UserApcPending));
    OFFSET(ThKernelApcPending, __builtin_offsetof(KTHREAD, ApcState.KernelApcPending));
    OFFSET(KTHREAD_TERMINATED, Terminated);
    OFFSET(PrDirectoryTableBase, __builtin_offsetof(KPROCESS, DirectoryTableBase));
    OFFSET(PrActiveProcessors, __builtin_offsetof(KPROCESS, ActiveProcessors));
}

void KiGenerateProcessorOffsets(void)
{
    PRCB(MxCsr);
    PRCB(CurrentThread);
    PRCB(Number);
    PRCB(RspBase);
    PRCB(UserRsp);
    PRCB(SwitchStack);
    PRCB(TssBase);
    PRCB(SystemCalls);
    PRCB(FeatureBits);
    OFFSET(KF_SMAP, KF_SMAP);
    OFFSET(KF_XSAVE, KF_XSAVE);
    OFFSET(KF_FSGSBASE, KF_FSGSBASE);
    OFFSET(CR4_PAE, CR4_PAE);
    OFFSET(EFER_LME, EFER_LME);
    OFFSET(EFER_NXE, EFER_NXE);
    OFFSET(TssRsp0, __builtin_offsetof(KTSS64, Rsp0));
    OFFSET(LpbBootStackTop, __builtin_offsetof(LOADER_PARAMETER_BLOCK, BootStackTop));
    OFFSET(LpbRandomSeed, __builtin_offsetof(LOADER_PARAMETER_BLOCK, RandomSeed));
    OFFSET(KERNEL_STACK_BYTES, KERNEL_STACK_SIZE);
    OFFSET(ETW_SYSCALL, ETW_CLASS_SYSCALL | ETW_CLASS_EXPLORE);
    OFFSET(STATUS_INVALID_SYSTEM_SERVICE_, (ULONG)STATUS_INVALID_SYSTEM_SERVICE);
    OFFSET(STATUS_ACCESS_VIOLATION_, (ULONG)STATUS_ACCESS_VIOLATION);
    OFFSET(SEL_USER_CODE, KGDT64_R3_CODE);
    OFFSET(SEL_USER_DATA, KGDT64_R3_DATA);
    OFFSET(SEL_KERNEL_CODE, KGDT64_R0_CODE);
    OFFSET(SEL_KERNEL_DATA, KGDT64_R0_DATA);
}
