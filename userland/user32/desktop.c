/* SPDX-License-Identifier: MIT */
/*
 * desktop.c - what a program without a desktop is told: it is a process of a service window station that nobody sees.
 *
 * No message is ever posted, so a queue is always empty and waiting for objects or messages is waiting for objects.  Message boxes cannot be
 * shown: they go to the kernel log and fail.
 */
#include "smalldll.h"

/* ---- queues ----------------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI PeekMessageW(LPMSG Message, HWND Window, UINT First, UINT Last, UINT Remove)
{
    UNUSED(Message);
    UNUSED(Window);
    UNUSED(First);
    UNUSED(Last);
    UNUSED(Remove);
    return FALSE;
}

BOOL WINAPI PeekMessageA(LPMSG Message, HWND Window, UINT First, UINT Last, UINT Remove)
{
    return PeekMessageW(Message, Window, First, Last, Remove);
}

DWORD WINAPI MsgWaitForMultipleObjectsEx(DWORD Count, const HANDLE *Handles, DWORD Milliseconds, DWORD Mask, DWORD Flags)
{
    UNUSED(Mask);
    if (Count >= MAXIMUM_WAIT_OBJECTS || (Flags & ~(DWORD)(MWMO_WAITALL | MWMO_ALERTABLE | MWMO_INPUTAVAILABLE))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    if (Count == 0) {
        return SleepEx(Milliseconds, (Flags & MWMO_ALERTABLE) != 0) == WAIT_IO_COMPLETION ? WAIT_IO_COMPLETION : WAIT_TIMEOUT;
    }
    return WaitForMultipleObjectsEx(Count, Handles, (Flags & MWMO_WAITALL) != 0, Milliseconds, (Flags & MWMO_ALERTABLE) != 0);
}

DWORD WINAPI MsgWaitForMultipleObjects(DWORD Count, const HANDLE *Handles, BOOL All, DWORD Milliseconds, DWORD Mask)
{
    return MsgWaitForMultipleObjectsEx(Count, Handles, Milliseconds, Mask, All ? MWMO_WAITALL : 0);
}

DWORD WINAPI GetQueueStatus(UINT Flags)
{
    UNUSED(Flags);
    return 0;
}

BOOL WINAPI GetInputState(void)
{
    return FALSE;
}

DWORD WINAPI GetMessagePos(void)
{
    return 0;
}

LONG WINAPI GetMessageTime(void)
{
    return 0;
}

LPARAM WINAPI GetMessageExtraInfo(void)
{
    return 0;
}

DWORD WINAPI WaitForInputIdle(HANDLE Process, DWORD Milliseconds)
{
    UNUSED(Process);
    UNUSED(Milliseconds);
    return 0; /* documented for a console program: it has no message queue, and the call returns at once */
}

/* ---- window stations -------------------------------------------------------------------------------------------------------------------- */

#define STATION ((HWINSTA)(ULONG_PTR)0x5C)
#define DESKTOP ((HDESK)(ULONG_PTR)0x60)

HWINSTA WINAPI GetProcessWindowStation(void)
{
    return STATION;
}

HDESK WINAPI GetThreadDesktop(DWORD Thread)
{
    UNUSED(Thread);
    return DESKTOP;
}

BOOL WINAPI GetUserObjectInformationW(HANDLE Object, int Index, PVOID Information, DWORD Size, LPDWORD Needed)
{
    USEROBJECTFLAGS Flags = {0}; /* without WSF_VISIBLE: nobody sees it */
    const void *Source = &Flags;
    DWORD Length = sizeof(Flags);

    if (Object != (HANDLE)STATION && Object != (HANDLE)DESKTOP) {
        return Fail(ERROR_INVALID_HANDLE);
    }
    if (Index == UOI_NAME) {
        Source = Object == (HANDLE)STATION ? L"Service-0x0-3e7$" : L"Default";
        Length = ((DWORD)wcslen(Source) + 1) * sizeof(WCHAR);
    } else if (Index == UOI_TYPE) {
        Source = Object == (HANDLE)STATION ? L"WindowStation" : L"Desktop";
        Length = ((DWORD)wcslen(Source) + 1) * sizeof(WCHAR);
    } else if (Index == UOI_USER_SID) {
        Length = 0;
    } else if (Index != UOI_FLAGS) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    if (Needed != NULL) {
        *Needed = Length;
    }
    if (Size < Length || (Information == NULL && Length != 0)) {
        return Fail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Information, Source, Length);
    return TRUE;
}

BOOL WINAPI GetUserObjectInformationA(HANDLE Object, int Index, PVOID Information, DWORD Size, LPDWORD Needed)
{
    WCHAR Wide[64];
    DWORD Bytes = 0;

    if (Index != UOI_NAME && Index != UOI_TYPE) {
        return GetUserObjectInformationW(Object, Index, Information, Size, Needed);
    }
    if (!GetUserObjectInformationW(Object, Index, Wide, sizeof(Wide), &Bytes)) {
        return FALSE;
    }
    if (Needed != NULL) {
        *Needed = Bytes / sizeof(WCHAR);
    }
    if (Size < Bytes / sizeof(WCHAR)) {
        return Fail(ERROR_INSUFFICIENT_BUFFER);
    }
    WideCharToMultiByte(CP_ACP, 0, Wide, -1, Information, (int)Size, NULL, NULL);
    return TRUE;
}

/* ---- windows, of which there are none -------------------------------------------------------------------------------------------------- */

HWND WINAPI GetDesktopWindow(void)
{
    return (HWND)(ULONG_PTR)0x10010;
}

HWND WINAPI GetForegroundWindow(void)
{
    return NULL;
}

HWND WINAPI GetActiveWindow(void)
{
    return NULL;
}

HWND WINAPI GetFocus(void)
{
    return NULL;
}

HWND WINAPI GetCapture(void)
{
    return NULL;
}

BOOL WINAPI IsWindow(HWND Window)
{
    return Window != NULL && Window == GetDesktopWindow();
}

DWORD WINAPI GetWindowThreadProcessId(HWND Window, LPDWORD Process)
{
    UNUSED(Process);
    UNUSED(Window);
    return (DWORD)Fail(ERROR_INVALID_WINDOW_HANDLE);
}

int WINAPI GetSystemMetrics(int Index)
{
    switch (Index) {
    case SM_CXSCREEN:
    case SM_CXVIRTUALSCREEN:
        return 1024; /* what Windows answers without a display */
    case SM_CYSCREEN:
    case SM_CYVIRTUALSCREEN:
        return 768;
    case SM_CMONITORS:
        return 1;
    case SM_SAMEDISPLAYFORMAT:
        return 1;
    case SM_CXICON:
    case SM_CYICON:
    case SM_CXCURSOR:
    case SM_CYCURSOR:
        return 32;
    case SM_CXSMICON:
    case SM_CYSMICON:
        return 16;
    default:
        return 0;
    }
}

UINT WINAPI GetDoubleClickTime(void)
{
    return 500;
}

int WINAPI MessageBoxExW(HWND Owner, LPCWSTR Text, LPCWSTR Caption, UINT Type, WORD Language)
{
    UNUSED(Owner);
    UNUSED(Type);
    UNUSED(Language);
    DbgPrint("user32: message box \"%ws\": %ws\n", Caption != NULL ? Caption : L"Error", Text != NULL ? Text : L"");
    return Fail(ERROR_CALL_NOT_IMPLEMENTED);
}

int WINAPI MessageBoxW(HWND Owner, LPCWSTR Text, LPCWSTR Caption, UINT Type)
{
    return MessageBoxExW(Owner, Text, Caption, Type, 0);
}

int WINAPI MessageBoxExA(HWND Owner, LPCSTR Text, LPCSTR Caption, UINT Type, WORD Language)
{
    LPWSTR WideText = WideOf(Text), WideCaption = WideOf(Caption);
    int Result = MessageBoxExW(Owner, WideText, WideCaption, Type, Language);

    Release(WideText);
    Release(WideCaption);
    return Result;
}

int WINAPI MessageBoxA(HWND Owner, LPCSTR Text, LPCSTR Caption, UINT Type)
{
    return MessageBoxExA(Owner, Text, Caption, Type, 0);
}

BOOL WINAPI MessageBeep(UINT Type)
{
    UNUSED(Type);
    return TRUE; /* documented to succeed also where no sound can be played */
}

/* ---- registered names: global atoms, as on Windows -------------------------------------------------------------------------------------- */

UINT WINAPI RegisterWindowMessageW(LPCWSTR Name)
{
    return GlobalAddAtomW(Name);
}

UINT WINAPI RegisterWindowMessageA(LPCSTR Name)
{
    return GlobalAddAtomA(Name);
}

UINT WINAPI RegisterClipboardFormatW(LPCWSTR Name)
{
    return GlobalAddAtomW(Name);
}

UINT WINAPI RegisterClipboardFormatA(LPCSTR Name)
{
    return GlobalAddAtomA(Name);
}

/* ---- rectangles ------------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI SetRect(LPRECT Rect, int Left, int Top, int Right, int Bottom)
{
    *Rect = (RECT){Left, Top, Right, Bottom};
    return TRUE;
}

BOOL WINAPI SetRectEmpty(LPRECT Rect)
{
    return SetRect(Rect, 0, 0, 0, 0);
}

BOOL WINAPI CopyRect(LPRECT Target, const RECT *Source)
{
    *Target = *Source;
    return TRUE;
}

BOOL WINAPI IsRectEmpty(const RECT *Rect)
{
    return Rect == NULL || Rect->left >= Rect->right || Rect->top >= Rect->bottom;
}

BOOL WINAPI EqualRect(const RECT *First, const RECT *Second)
{
    return First != NULL && Second != NULL && memcmp(First, Second, sizeof(RECT)) == 0;
}

BOOL WINAPI OffsetRect(LPRECT Rect, int X, int Y)
{
    return SetRect(Rect, Rect->left + X, Rect->top + Y, Rect->right + X, Rect->bottom + Y);
}

BOOL WINAPI InflateRect(LPRECT Rect, int X, int Y)
{
    return SetRect(Rect, Rect->left - X, Rect->top - Y, Rect->right + X, Rect->bottom + Y);
}

BOOL WINAPI PtInRect(const RECT *Rect, POINT Point)
{
    return Rect != NULL && Point.x >= Rect->left && Point.x < Rect->right && Point.y >= Rect->top && Point.y < Rect->bottom;
}

#define LESSER(a, b) ((a) < (b) ? (a) : (b))
#define GREATER(a, b) ((a) > (b) ? (a) : (b))

BOOL WINAPI IntersectRect(LPRECT Target, const RECT *A, const RECT *B)
{
    RECT Both = {GREATER(A->left, B->left), GREATER(A->top, B->top), LESSER(A->right, B->right), LESSER(A->bottom, B->bottom)};

    if (IsRectEmpty(A) || IsRectEmpty(B) || IsRectEmpty(&Both)) {
        SetRectEmpty(Target);
        return FALSE;
    }
    *Target = Both;
    return TRUE;
}

BOOL WINAPI UnionRect(LPRECT Target, const RECT *A, const RECT *B)
{
    if (IsRectEmpty(A) || IsRectEmpty(B)) {
        RECT One = IsRectEmpty(A) ? *B : *A;
        *Target = One;
        if (IsRectEmpty(&One)) {
            SetRectEmpty(Target);
            return FALSE;
        }
        return TRUE;
    }
    return SetRect(Target, LESSER(A->left, B->left), LESSER(A->top, B->top), GREATER(A->right, B->right), GREATER(A->bottom, B->bottom));
}
