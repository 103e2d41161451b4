/* SPDX-License-Identifier: MIT */
/*
 * ldrinit.c - the first user-mode code of every thread, and the last.
 *
 *      LdrInitializeThunk -> LdrpInitialize -> first thread:  LdrpInitializeProcess   PEB, heap, lists, imports, TLS, DllMain
 *                                           -> others:        LdrpInitializeThread    TLS, DllMain(DLL_THREAD_ATTACH)
 *                         -> NtContinue -> RtlUserThreadStart
 *
 * Stages 11 of the birth of a process.  What fails here ends the process with the status that failed; the user is told which DLL or
 * function it was for (ldrsnap.c), and so is the kernel's hard-error port.
 * Windows Internals, 7th ed., part 1, chapter 3 "Image loader": "Early process initialization", "DLL notifications"...
 */
#include "ldrp.h"
#include "path.h"
#include "etw.h"

LDRP_MODULE *LdrpImage, *LdrpNtdll;
bool LdrpInitializing, LdrpToldWhy;

extern const ULONG LdrpApiSetMap[];
static volatile LONG ProcessState; /* 0 untouched, 1 the first thread is at it, 2 done */
static RTL_CRITICAL_SECTION LoaderLock, PebLock;
static RTL_BITMAP TlsBitmap, TlsExpansionBitmap;

/* ---- calling DLLs ---------------------------------------------------------------------------------------------------------------------- */

void NTAPI LdrpInitRoutineFailed(void);

/* Language handler of LdrpCallInitRoutine, whose frame holds Raised at [rsp + 0x50]. */
EXCEPTION_DISPOSITION NTAPI LdrpInitRoutineHandler(PEXCEPTION_RECORD Record, PVOID Frame, PCONTEXT Context, PVOID Dispatcher)
{
    UNUSED(Context);
    UNUSED(Dispatcher);
    if (Record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    **(NTSTATUS **)((UCHAR *)Frame + 0x50) = (NTSTATUS)Record->ExceptionCode;
    DbgPrint("LDR: exception 0x%08lX at %p in an initialisation routine\n", (unsigned long)Record->ExceptionCode, Record->ExceptionAddress);
    RtlUnwind(Frame, (PVOID)LdrpInitRoutineFailed, Record, NULL);
    return ExceptionContinueSearch;
}

static bool HasEntry(const LDRP_MODULE *Module)
{
    return Module->Entry.EntryPoint != NULL && (Module->Entry.Flags & LDRP_IMAGE_DLL);
}

void LdrpCallEntry(LDRP_MODULE *Module, ULONG Reason, PVOID Reserved)
{
    NTSTATUS Raised;

    LdrpCallTlsCallbacks(Module, Reason);
    if (HasEntry(Module)) {
        LDR_SNAP("%wZ entry %p, reason %lu\n", &Module->Entry.BaseDllName, Module->Entry.EntryPoint, (unsigned long)Reason);
        LdrpCallInitRoutine(Module->Entry.EntryPoint, Module->Entry.DllBase, Reason, Reserved, &Raised);
    }
}

static void TellFailure(LDRP_MODULE *Module, NTSTATUS Status)
{
    const char *Name = RtlStatusName(Status);

    Module->Entry.Flags |= LDRP_PROCESS_ATTACH_FAILED;
    Module->Entry.Flags &= ~LDRP_PROCESS_ATTACH_CALLED;
    Module->Node.State = LdrModulesInitError;
    LDR_SNAP("%wZ failed to attach: %08lx\n", &Module->Entry.BaseDllName, (unsigned long)Status);
    if (!LdrpInitializing)
        return;
    RtlpReport("%wZ: cannot start: %wZ failed to initialise (0x%08lX %s)\n", &LdrpImage->Entry.BaseDllName, &Module->Entry.BaseDllName,
               (unsigned long)Status, Name != NULL ? Name : "");
    LdrpToldWhy = true;
}

/* One that refuses, or fails with an exception (whose code is the status then), is told to detach at once. */
static NTSTATUS Attach(LDRP_MODULE *Module)
{
    PVOID Reserved = Module->Entry.Flags & LDRP_PROCESS_STATIC_IMPORT ? Teb() : NULL; /* Windows: the first thread's context */
    NTSTATUS Status = STATUS_SUCCESS;

    Module->Node.State = LdrModulesInitializing;
    Module->Entry.Flags |= LDRP_PROCESS_ATTACH_CALLED;
    LdrpCallTlsCallbacks(Module, DLL_PROCESS_ATTACH);
    if (HasEntry(Module)) {
        LDR_SNAP("%wZ entry %p attaches\n", &Module->Entry.BaseDllName, Module->Entry.EntryPoint);
        if (!LdrpCallInitRoutine(Module->Entry.EntryPoint, Module->Entry.DllBase, DLL_PROCESS_ATTACH, Reserved, &Status) &&
            NT_SUCCESS(Status))
            Status = STATUS_DLL_INIT_FAILED;
    }
    Module->Entry.Flags |= LDRP_ENTRY_PROCESSED;
    if (NT_SUCCESS(Status)) {
        Module->Node.State = LdrModulesReadyToRun;
        return STATUS_SUCCESS;
    }
    LdrpCallEntry(Module, DLL_PROCESS_DETACH, Reserved);
    TellFailure(Module, Status);
    return Status;
}

/*
 * Everything on the initialisation list that has not been called yet, in order.  A DllMain that loads a DLL runs this again from within: the
 * flag is set before the call, and the list only grows at its end.
 */
NTSTATUS LdrpRunInitializers(void)
{
    LIST_ENTRY *Head = &LdrpData.InInitializationOrderModuleList;
    NTSTATUS Status = STATUS_SUCCESS;

    for (LIST_ENTRY *Link = Head->Flink; Link != Head && NT_SUCCESS(Status); Link = Link->Flink) {
        LDRP_MODULE *Module = LdrpFromInitLink(Link);
        if (Module->Entry.Flags & (LDRP_PROCESS_ATTACH_CALLED | LDRP_PROCESS_ATTACH_FAILED) || Module->Marked)
            continue;
        if (!(Module->Entry.Flags & LDRP_LOAD_NOTIFICATIONS_SENT)) {
            Module->Entry.Flags |= LDRP_LOAD_NOTIFICATIONS_SENT;
            LdrpSendNotifications(Module, LDR_DLL_NOTIFICATION_REASON_LOADED);
        }
        Status = Attach(Module);
    }
    return Status;
}

/* ---- the process -------------------------------------------------------------------------------------------------------------------------- */

static void InitializePeb(PNPEB PebNow)
{
    RtlpInitializeLock(&LoaderLock);
    RtlpInitializeLock(&PebLock);
    PebNow->LoaderLock = &LoaderLock;
    PebNow->FastPebLock = &PebLock;
    PebNow->Ldr = &LdrpData;
    PebNow->AnsiCodePageData = (PVOID)RtlpAnsiCodePageData();
    PebNow->OemCodePageData = (PVOID)RtlpOemCodePageData();
    PebNow->ApiSetMap = (PVOID)LdrpApiSetMap;
    TlsBitmap.SizeOfBitMap = 64;
    TlsBitmap.Buffer = PebNow->TlsBitmapBits;
    PebNow->TlsBitmap = &TlsBitmap;
    PebNow->TlsBitmapBits[0] |= 1; /* slot 0 is never given out, as on Windows */
    TlsExpansionBitmap.SizeOfBitMap = 1024;
    TlsExpansionBitmap.Buffer = PebNow->TlsExpansionBitmapBits;
    PebNow->TlsExpansionBitmap = &TlsExpansionBitmap;
    if (PebNow->CriticalSectionTimeout.QuadPart == 0)
        PebNow->CriticalSectionTimeout.QuadPart = -30LL * 24 * 3600 * 10000000; /* 30 days, Windows' default */
    if (!(PebNow->ProcessParameters->Flags & RTL_USER_PROC_PARAMS_NORMALIZED))
        RtlNormalizeProcessParams(PebNow->ProcessParameters);
}

/* The image's full DOS path: the creator's word, without the \??\ that native creators use. */
static UNICODE_STRING ImagePath(PNPROCESS_PARAMETERS Parameters)
{
    UNICODE_STRING Path = Parameters->ImagePathName;

    if (Path.Length >= 8 && Path.Buffer[0] == '\\' && Path.Buffer[1] == '?' && Path.Buffer[2] == '?' && Path.Buffer[3] == '\\') {
        Path.Buffer += 4;
        Path.Length -= 8;
    }
    return Path;
}

static NTSTATUS ParseLoaded(PVOID Base, PE_INFO *Info)
{
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Base);

    return Headers == NULL ? STATUS_INVALID_IMAGE_FORMAT : RtlPeParseMapped(Base, Headers->OptionalHeader.SizeOfImage, Info);
}

static NTSTATUS AddLoaded(PVOID Base, const PE_INFO *Info, PCUNICODE_STRING Path, LDRP_MODULE **Module)
{
    *Module = LdrpCreateModule(Base, Info, Path, LoadReasonStaticDependency);
    if (*Module == NULL)
        return STATUS_NO_MEMORY;
    LdrpSetReferences(*Module, LDRP_PINNED);
    (*Module)->Entry.Flags |= LDRP_STATIC_LINK | LDRP_PROCESS_STATIC_IMPORT;
    LdrpInsertModule(*Module);
    return RtlpInsertFunctionTable(Base, Info->SizeOfImage);
}

static NTSTATUS AddNtdll(void)
{
    WCHAR Buffer[MAX_PATH];
    UNICODE_STRING Path = {0, sizeof Buffer, Buffer};
    PE_INFO Info;
    NTSTATUS Status = ParseLoaded(&__ImageBase, &Info);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlAppendUnicodeToString(&Path, SharedSystemRoot());
    RtlAppendUnicodeToString(&Path, L"\\System32\\ntdll.dll");
    Status = AddLoaded(&__ImageBase, &Info, &Path, &LdrpNtdll);
    if (!NT_SUCCESS(Status))
        return Status;
    LdrpNtdll->Node.State = LdrModulesReadyToRun;
    LdrpNtdll->Entry.Flags |= LDRP_PROCESS_ATTACH_CALLED | LDRP_ENTRY_PROCESSED | LDRP_DONT_CALL_FOR_THREADS;
    InsertTailList(&LdrpData.InInitializationOrderModuleList, &LdrpNtdll->Entry.InInitializationOrderLinks);
    return STATUS_SUCCESS;
}

/* The heap has the executable's sizes; the modules' entries are its first blocks.  Apart: its room on the stack is free again when imports are bound. */
static __attribute__((noinline)) NTSTATUS CreateHeapAndModules(PNPEB PebNow)
{
    PE_INFO Info;
    NTSTATUS Status = ParseLoaded(PebNow->ImageBaseAddress, &Info);

    if (!NT_SUCCESS(Status))
        return Status;
    PebNow->ProcessHeap = RtlCreateHeap(HEAP_GROWABLE, NULL, Info.HeapReserve, Info.HeapCommit, NULL, NULL);
    if (PebNow->ProcessHeap == NULL)
        return STATUS_NO_MEMORY;
    if ((ULONG_PTR)PebNow->ImageBaseAddress != Info.ImageBase)
        Status = LdrpRelocate(PebNow->ImageBaseAddress, &Info);
    if (!NT_SUCCESS(Status))
        return Status;
    UNICODE_STRING Path = ImagePath(PebNow->ProcessParameters);
    Status = AddLoaded(PebNow->ImageBaseAddress, &Info, &Path, &LdrpImage);
    return NT_SUCCESS(Status) ? AddNtdll() : Status;
}

/* Win32 programs run on kernel32 whether they import it or not: their threads start and end in it. */
static NTSTATUS LoadKernel32(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"kernel32.dll");
    LDRP_MODULE *Kernel32;
    NTSTATUS Status = LdrpLoadDll(&Name, NULL, LoadReasonStaticDependency, &Kernel32);

    if (NT_SUCCESS(Status))
        Status = LdrpGetProcedure(Kernel32, "BaseThreadInitThunk", ~0u, 0, (PVOID *)&Kernel32ThreadInitThunkFunction);
    else if (!LdrpToldWhy)
        RtlpReport("%wZ: cannot start: kernel32.dll (0x%08lX)\n", &LdrpImage->Entry.BaseDllName, (unsigned long)Status);
    LdrpToldWhy |= !NT_SUCCESS(Status);
    return Status;
}

static NTSTATUS LoadImports(PNPEB PebNow)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (PebNow->ImageSubsystem != IMAGE_SUBSYSTEM_NATIVE)
        Status = LoadKernel32();
    if (NT_SUCCESS(Status))
        Status = LdrpSnapModule(LdrpImage);
    if (NT_SUCCESS(Status))
        Status = LdrpInitializeTls(LdrpImage);
    return Status;
}

static NTSTATUS LdrpInitializeProcess(void)
{
    PNPEB PebNow = Peb();

    InitializePeb(PebNow);
    NTSTATUS Status = CreateHeapAndModules(PebNow);
    if (!NT_SUCCESS(Status))
        return Status;
    PebNow->ProcessParameters->CurrentDirectory.Handle = NULL; /* the parent's handle means nothing here */
    if (PebNow->ImageSubsystem != IMAGE_SUBSYSTEM_NATIVE)
        RtlpOpenCurrentDirectory();

    LdrpLock();
    LdrpInitializing = true;
    Status = LoadImports(PebNow);
    if (NT_SUCCESS(Status))
        Status = LdrpAllocateThreadTls();
    LdrpData.Initialized = TRUE;
    if (NT_SUCCESS(Status) && PebNow->BeingDebugged)
        DbgBreakPoint(); /* everything is mapped, and no line of the program or its DLLs has run */
    if (NT_SUCCESS(Status))
        Status = LdrpRunInitializers();
    LdrpInitializing = false;
    if (NT_SUCCESS(Status)) {
        LdrpImage->Node.State = LdrModulesReadyToRun;
        LdrpCallTlsCallbacks(LdrpImage, DLL_PROCESS_ATTACH);
    }
    LdrpUnlock();
    if (NT_SUCCESS(Status) && PebNow->PostProcessInitRoutine != NULL)
        PebNow->PostProcessInitRoutine();
    return Status;
}

/* ---- threads ------------------------------------------------------------------------------------------------------------------------------- */

static void CallForThread(ULONG Reason)
{
    LIST_ENTRY *Head = &LdrpData.InInitializationOrderModuleList;
    bool Attach_ = Reason == DLL_THREAD_ATTACH;

    for (LIST_ENTRY *Link = Attach_ ? Head->Flink : Head->Blink; Link != Head; Link = Attach_ ? Link->Flink : Link->Blink) {
        LDRP_MODULE *Module = LdrpFromInitLink(Link);
        if ((Module->Entry.Flags & (LDRP_PROCESS_ATTACH_CALLED | LDRP_DONT_CALL_FOR_THREADS)) == LDRP_PROCESS_ATTACH_CALLED)
            LdrpCallEntry(Module, Reason, NULL);
    }
    LdrpCallTlsCallbacks(LdrpImage, Reason);
}

static NTSTATUS LdrpInitializeThread(void)
{
    RtlpForgetWaits();
    LdrpLock();
    NTSTATUS Status = LdrpAllocateThreadTls();
    if (NT_SUCCESS(Status) && !LdrpData.ShutdownInProgress)
        CallForThread(DLL_THREAD_ATTACH);
    LdrpUnlock();
    return Status;
}

NTSTATUS NTAPI LdrShutdownThread(VOID)
{
    if (LdrpData.ShutdownInProgress)
        return STATUS_SUCCESS;
    RtlpThreadFlsCleanup();
    LdrpLock();
    if (!(Teb()->SameTebFlags & (TEB_SKIP_THREAD_ATTACH | TEB_SKIP_LOADER_INIT)))
        CallForThread(DLL_THREAD_DETACH);
    LdrpFreeThreadTls();
    LdrpUnlock();
    Free(Teb()->TlsExpansionSlots);
    Teb()->TlsExpansionSlots = NULL;
    if (Teb()->SameTebFlags & TEB_HAS_FIBER_DATA) { /* the thread ends as a fiber */
        Teb()->SameTebFlags &= (USHORT)~TEB_HAS_FIBER_DATA;
        Free(Teb()->NtTib.FiberData);
    }
    return STATUS_SUCCESS;
}

/* All other threads are gone.  Nothing is freed: the address space goes as a whole. */
NTSTATUS NTAPI LdrShutdownProcess(VOID)
{
    LIST_ENTRY *Head = &LdrpData.InInitializationOrderModuleList;

    if (LdrpData.ShutdownInProgress)
        return STATUS_SUCCESS;
    LdrpData.ShutdownInProgress = TRUE;
    LdrpData.ShutdownThreadId = Teb()->ClientId.UniqueThread;
    RtlpThreadFlsCleanup();
    for (LIST_ENTRY *Link = Head->Blink; Link != Head; Link = Link->Blink) {
        LDRP_MODULE *Module = LdrpFromInitLink(Link);
        if (Module->Entry.Flags & LDRP_PROCESS_ATTACH_CALLED)
            LdrpCallEntry(Module, DLL_PROCESS_DETACH, (PVOID)1);
    }
    LdrpCallTlsCallbacks(LdrpImage, DLL_PROCESS_DETACH);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlDllShutdownInProgress(VOID)
{
    return LdrpData.ShutdownInProgress;
}

/* ---- the entrance --------------------------------------------------------------------------------------------------------------------------- */

__attribute__((noreturn)) static void Fail(NTSTATUS Status)
{
    ULONG_PTR Parameter = (ULONG_PTR)Status;
    UNICODE_STRING Unknown = RTL_CONSTANT_STRING(L"?");
    const char *Name = RtlStatusName(Status);
    ULONG Response;

    if (!LdrpToldWhy) /* no DLL or function to name: the image itself, or memory */
        RtlpReport("%wZ: cannot start (0x%08lX %s)\n", LdrpImage != NULL ? &LdrpImage->Entry.BaseDllName : &Unknown, (unsigned long)Status,
                   Name != NULL ? Name : "");
    LDR_SNAP("initialisation failed: %08lx\n", (unsigned long)Status);
    NtRaiseHardError(STATUS_APP_INIT_FAILURE, 1, 0, &Parameter, OptionOk, &Response);
    NtTerminateProcess(NtCurrentProcess(), Status);
    __builtin_unreachable();
}

static void WaitForFirstThread(void)
{
    LARGE_INTEGER Interval = {.QuadPart = -10000};

    while (ProcessState != 2)
        NtDelayExecution(FALSE, &Interval);
}

/* The stages of a birth that only user mode sees report themselves: 1 (parameters), 11 (the loader), 12 (the program's own start). */
void RtlpTraceBirth(USHORT Stage, UCHAR Phase, NTSTATUS Status)
{
    ETW_USER_EVENT Event = {.Event = Stage, .Phase = Phase, .Status = Status};

    NtTraceEvent(NULL, ETW_USER_EVENT_FLAG, sizeof Event, &Event);
}

/* Called by LdrInitializeThunk; also where a thread created by NtCreateThread with a context of its own passes. */
void NTAPI LdrpInitialize(PCONTEXT Context, PVOID NtdllBase)
{
    PNTEB Thread = Teb();
    NTSTATUS Status = STATUS_SUCCESS;

    UNUSED(NtdllBase);
    Thread->StaticUnicodeString.Buffer = Thread->StaticUnicodeBuffer;
    Thread->StaticUnicodeString.MaximumLength = sizeof Thread->StaticUnicodeBuffer;
    if (InterlockedCompareExchange(&ProcessState, 1, 0) == 0) {
        Thread->SameTebFlags |= TEB_RAN_PROCESS_INIT | TEB_INITIAL_THREAD;
        RtlpTraceBirth(EtwBirthLoader, ETW_PHASE_BEGIN, STATUS_SUCCESS);
        Status = LdrpInitializeProcess();
        RtlpTraceBirth(EtwBirthLoader, ETW_PHASE_END, Status);
        InterlockedExchange(&ProcessState, 2);
        if (NT_SUCCESS(Status))
            RtlpTraceBirth(EtwBirthCrt, ETW_PHASE_POINT, STATUS_SUCCESS); /* the next user instruction is RtlUserThreadStart's */
    } else if (!(Thread->SameTebFlags & TEB_SKIP_LOADER_INIT)) {
        WaitForFirstThread();
        if (!(Thread->SameTebFlags & TEB_SKIP_THREAD_ATTACH))
            Status = LdrpInitializeThread();
    }
    if (!NT_SUCCESS(Status))
        Fail(Status);
    NtContinue(Context, TRUE);
    Fail(STATUS_INVALID_PARAMETER);
}
