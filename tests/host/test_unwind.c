/* SPDX-License-Identifier: MIT */
/*
 * test_unwind.c - RtlVirtualUnwind over hand-made functions: each operation, prologues half done, epilogues, chains, frame registers, machine frames.
 *
 * The "image" is a block of this process; its code is never run, only looked at.  The stack is an array.
 */
#include "hosttest.h"

extern PRUNTIME_FUNCTION TestFunctionTable;
extern ULONG TestFunctionCount;
extern ULONG64 TestImageBase, TestImageSize;

#define IMAGE_SIZE 0x1000
#define FUNCTION 0x100u
#define FUNCTION_END 0x180u
#define INFO 0x400u
#define RETURN 0x11112222ULL

static UCHAR *Image;
static ULONG64 Stack[64];
static RUNTIME_FUNCTION Function;
static CONTEXT Context;

static int SetUp(void **State)
{
    (void)State;
    Image = calloc(1, IMAGE_SIZE);
    (__builtin_memset)(Image + FUNCTION, 0x90, FUNCTION_END - FUNCTION);
    memset(&Context, 0, sizeof Context);
    for (int Index = 0; Index < 64; Index++)
        Stack[Index] = 0xDEAD0000 + (ULONG64)Index;
    Function = (RUNTIME_FUNCTION){ FUNCTION, FUNCTION_END, INFO };
    TestFunctionTable = &Function;
    TestFunctionCount = 1;
    TestImageBase = (ULONG64)(ULONG_PTR)Image;
    TestImageSize = IMAGE_SIZE;
    return 0;
}

static int TearDown(void **State)
{
    (void)State;
    free(Image);
    return 0;
}

/* Codes as bytes (offset, operation | info << 4, ...), newest first. */
static void PutInfo(ULONG At, UCHAR Flags, UCHAR Prologue, UCHAR Frame, const UCHAR *Codes, UCHAR Slots)
{
    Image[At] = (UCHAR)(1 | Flags << 3);
    Image[At + 1] = Prologue;
    Image[At + 2] = Slots;
    Image[At + 3] = Frame;
    memcpy(Image + At + 4, Codes, Slots * 2u);
}

static PEXCEPTION_ROUTINE Unwind(ULONG Offset, ULONG StackIndex, PULONG64 Frame, PVOID *Data)
{
    Context.Rip = TestImageBase + FUNCTION + Offset;
    Context.Rsp = (ULONG64)(ULONG_PTR)&Stack[StackIndex];
    return RtlVirtualUnwind(UNW_FLAG_EHANDLER, TestImageBase, Context.Rip, &Function, &Context, Data, Frame, NULL);
}

static ULONG StackIndex(void)
{
    return (ULONG)((ULONG64 *)(ULONG_PTR)Context.Rsp - Stack);
}

/* push rbx; push rsi; sub rsp, 0x28 */
static const UCHAR PushPushAlloc[] = { 6, 2 | 4 << 4, 2, 0 | 6 << 4, 1, 0 | 3 << 4 };

static void test_prologue_undone_as_far_as_it_ran(void **State)
{
    (void)State;
    static const struct { ULONG Offset, Words; } Points[] = { { 0, 0 }, { 1, 1 }, { 2, 2 }, { 6, 7 }, { 0x20, 7 } };
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Points); Index++) {
        ULONG64 Frame;
        PVOID Data;
        PutInfo(INFO, 0, 6, 0, PushPushAlloc, 3);
        Context.Rbx = Context.Rsi = 1;
        Stack[10 + Points[Index].Words] = RETURN;
        Unwind(Points[Index].Offset, 10, &Frame, &Data);
        assert_int_equal(Context.Rip, RETURN);
        assert_int_equal(StackIndex(), 10 + Points[Index].Words + 1);
        assert_int_equal(Context.Rbx, Points[Index].Words == 0 ? 1 : 0xDEAD0000 + 10 + Points[Index].Words - 1);
        assert_int_equal(Context.Rsi, Points[Index].Words < 2 ? 1 : 0xDEAD0000 + 10 + Points[Index].Words - 2);
        Stack[10 + Points[Index].Words] = 0xDEAD0000 + 10 + Points[Index].Words;
    }
}

static void test_epilogue_is_simulated(void **State)
{
    (void)State;
    /* add rsp, 0x28; pop rsi; pop rbx; ret */
    static const UCHAR Epilogue[] = { 0x48, 0x83, 0xC4, 0x28, 0x5E, 0x5B, 0xC3 };
    static const struct { ULONG Offset, Words; } Points[] = { { 0, 7 }, { 4, 2 }, { 5, 1 }, { 6, 0 } };
    PutInfo(INFO, 0, 6, 0, PushPushAlloc, 3);
    memcpy(Image + FUNCTION + 0x40, Epilogue, sizeof Epilogue);
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Points); Index++) {
        ULONG64 Frame;
        PVOID Data;
        Stack[20 + Points[Index].Words] = RETURN;
        Unwind(0x40 + Points[Index].Offset, 20, &Frame, &Data);
        assert_int_equal(Context.Rip, RETURN);
        assert_int_equal(StackIndex(), 20 + Points[Index].Words + 1);
        Stack[20 + Points[Index].Words] = 0;
    }
}

static void test_jump_inside_is_no_epilogue(void **State)
{
    (void)State;
    ULONG64 Frame;
    PVOID Data;
    PutInfo(INFO, 0, 6, 0, PushPushAlloc, 3);
    Image[FUNCTION + 0x40] = 0xEB; /* jmp to the next instruction */
    Image[FUNCTION + 0x41] = 0;
    Stack[27] = RETURN;
    Unwind(0x40, 20, &Frame, &Data);
    assert_int_equal(Context.Rip, RETURN);
    assert_int_equal(StackIndex(), 28);
    Image[FUNCTION + 0x41] = 0x7F; /* jmp out of the function: a tail call */
    Stack[20] = RETURN + 1;
    Unwind(0x40, 20, &Frame, &Data);
    assert_int_equal(Context.Rip, RETURN + 1);
    /* ... but a return address that stands before it is in the body */
    BOOLEAN Machine = FALSE;
    Context.Rip = TestImageBase + FUNCTION + 0x40;
    Context.Rsp = (ULONG64)(ULONG_PTR)&Stack[20];
    assert_true(RtlUnwindFrameSafely(&Context, (ULONG64)(ULONG_PTR)Stack, (ULONG64)(ULONG_PTR)(Stack + 64), &Machine));
    assert_int_equal(Context.Rip, RETURN);
}

static void test_large_allocations_and_saved_registers(void **State)
{
    (void)State;
    ULONG64 Frame;
    PVOID Data;
    /* save r12 at [rsp+0x10], xmm6 at [rsp+0x20]; sub rsp, 0x80 (16-bit form), push rbp */
    static const UCHAR Codes[] = { 0x20, 8 | 6 << 4, 2, 0, 0x18, 4 | 12 << 4, 2, 0, 9, 1, 0x10, 0, 1, 0 | 5 << 4 };
    PutInfo(INFO, 0, 0x20, 0, Codes, 7);
    Stack[4 + 17] = RETURN;
    Unwind(0x40, 4, &Frame, &Data);
    assert_int_equal(Context.Rip, RETURN);
    assert_int_equal(Context.R12, 0xDEAD0006);
    assert_int_equal(Context.Xmm6.Low, 0xDEAD0008);
    assert_int_equal(Context.Xmm6.High, 0xDEAD0009);
    assert_int_equal(Context.Rbp, 0xDEAD0014);
    assert_int_equal(StackIndex(), 22);
    /* the 32-bit form */
    static const UCHAR Far[] = { 9, 1 | 1 << 4, 0x40, 0, 0, 0 };
    PutInfo(INFO, 0, 9, 0, Far, 3);
    Stack[4 + 8] = RETURN;
    Unwind(0x40, 4, &Frame, &Data);
    assert_int_equal(StackIndex(), 13);
}

static void test_frame_register_finds_the_frame(void **State)
{
    (void)State;
    ULONG64 Frame;
    PVOID Data;
    /* push rbp; sub rsp, 0x20; lea rbp, [rsp+0x20]; then alloca has moved rsp */
    static const UCHAR Codes[] = { 9, 3, 5, 2 | 3 << 4, 1, 0 | 5 << 4 };
    PutInfo(INFO, 0, 9, 5 | 2 << 4, Codes, 3);
    Context.Rbp = (ULONG64)(ULONG_PTR)&Stack[34];
    Stack[35] = RETURN;
    Unwind(0x40, 3, &Frame, &Data);
    assert_int_equal(Frame, (ULONG64)(ULONG_PTR)&Stack[30]);
    assert_int_equal(Context.Rip, RETURN);
    assert_int_equal(Context.Rbp, 0xDEAD0000 + 34);
    assert_int_equal(StackIndex(), 36);
}

static void test_chained_info_undoes_the_primary_too(void **State)
{
    (void)State;
    ULONG64 Frame;
    PVOID Data;
    RUNTIME_FUNCTION Primary = { 0x80, 0xC0, 0x500 };
    static const UCHAR Second[] = { 4, 0 | 7 << 4 };
    PutInfo(INFO, UNW_FLAG_CHAININFO, 4, 0, Second, 1);
    memcpy(Image + INFO + 8, &Primary, sizeof Primary);
    PutInfo(0x500, UNW_FLAG_EHANDLER, 6, 0, PushPushAlloc, 3);
    ULONG Handler = 0x777;
    memcpy(Image + 0x500 + 4 + 8, &Handler, 4);
    Stack[8] = 7;
    Stack[8 + 8] = RETURN;
    PEXCEPTION_ROUTINE Routine = Unwind(0x40, 8, &Frame, &Data);
    assert_int_equal(Context.Rip, RETURN);
    assert_int_equal(Context.Rdi, 7);
    assert_int_equal(StackIndex(), 17);
    assert_ptr_equal((PVOID)(ULONG_PTR)Routine, Image + 0x777);
    assert_ptr_equal(Data, Image + 0x500 + 16);
}

static void test_handler_only_in_the_body(void **State)
{
    (void)State;
    ULONG64 Frame;
    PVOID Data = NULL;
    PutInfo(INFO, UNW_FLAG_EHANDLER, 6, 0, PushPushAlloc, 3);
    ULONG Handler = 0x900;
    memcpy(Image + INFO + 12, &Handler, 4);
    assert_ptr_equal((PVOID)(ULONG_PTR)Unwind(0x20, 8, &Frame, &Data), Image + 0x900);
    assert_ptr_equal(Data, Image + INFO + 16);
    assert_null((PVOID)(ULONG_PTR)Unwind(2, 8, &Frame, &Data));
}

static void test_machine_frame_restores_the_interrupted_code(void **State)
{
    (void)State;
    BOOLEAN Machine = TRUE;
    static const UCHAR Codes[] = { 0, 2 | 1 << 4, 0, 10 | 1 << 4 };
    PutInfo(INFO, 0, 0, 0, Codes, 2);
    Stack[10 + 3] = RETURN;
    Stack[10 + 5] = 0x5B40A518; /* who made the frame may have left the flags' place as it was */
    Stack[10 + 6] = 0x7777000;
    Context.EFlags = 0x246;
    Context.Rip = TestImageBase + FUNCTION + 0x30;
    Context.Rsp = (ULONG64)(ULONG_PTR)&Stack[10];
    assert_true(RtlUnwindFrameSafely(&Context, (ULONG64)(ULONG_PTR)Stack, (ULONG64)(ULONG_PTR)(Stack + 64), &Machine));
    assert_true(Machine);
    assert_int_equal(Context.Rip, RETURN);
    assert_int_equal(Context.Rsp, 0x7777000);
    assert_int_equal(Context.EFlags, 0x246);
}

static void test_broken_stack_ends_the_walk(void **State)
{
    (void)State;
    BOOLEAN Machine = TRUE;
    PutInfo(INFO, 0, 6, 0, PushPushAlloc, 3);
    Context.Rip = TestImageBase + FUNCTION + 0x30;
    Context.Rsp = (ULONG64)(ULONG_PTR)&Stack[60];
    assert_false(RtlUnwindFrameSafely(&Context, (ULONG64)(ULONG_PTR)Stack, (ULONG64)(ULONG_PTR)(Stack + 64), &Machine));
    Context.Rip = 0x1234;
    Machine = FALSE;
    assert_false(RtlUnwindFrameSafely(&Context, (ULONG64)(ULONG_PTR)Stack, (ULONG64)(ULONG_PTR)(Stack + 64), &Machine));
}

static void test_lookup_finds_functions_and_leaves(void **State)
{
    (void)State;
    RUNTIME_FUNCTION Table[3] = { { 0x10, 0x20, 0x400 }, { 0x20, 0x30, 0x401 }, { 0x50, 0x60, 0x400 } };
    RUNTIME_FUNCTION Target = { 0x10, 0x30, 0x500 };
    ULONG64 Base;
    TestFunctionTable = Table;
    TestFunctionCount = 3;
    memcpy(Image + 0x400, &Target, sizeof Target);
    assert_ptr_equal(RtlLookupFunctionEntry(TestImageBase + 0x1F, &Base, NULL), &Table[0]);
    assert_int_equal(Base, TestImageBase);
    assert_ptr_equal(RtlLookupFunctionEntry(TestImageBase + 0x20, &Base, NULL), Image + 0x400);
    assert_null(RtlLookupFunctionEntry(TestImageBase + 0x40, &Base, NULL));
    assert_null(RtlLookupFunctionEntry(TestImageBase + 0x60, &Base, NULL));
    assert_null(RtlLookupFunctionEntry(TestImageBase - 1, &Base, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, SetUp, TearDown)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(test_prologue_undone_as_far_as_it_ran),
        TEST(test_epilogue_is_simulated),
        TEST(test_jump_inside_is_no_epilogue),
        TEST(test_large_allocations_and_saved_registers),
        TEST(test_frame_register_finds_the_frame),
        TEST(test_chained_info_undoes_the_primary_too),
        TEST(test_handler_only_in_the_body),
        TEST(test_machine_frame_restores_the_interrupted_code),
        TEST(test_broken_stack_ends_the_walk),
        TEST(test_lookup_finds_functions_and_leaves),
    };
    return cmocka_run_group_tests_name("unwind", Tests, NULL, NULL);
}
