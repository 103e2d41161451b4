/* SPDX-License-Identifier: MIT */
/*
 * start.c - WSAStartup, the last error, byte order, events, and sockets that cannot be made.
 *
 * There is no network: no protocol is installed.  WSAStartup succeeds, because it is about the library and not about a wire; WSAEnumProtocols
 * finds none; socket says WSAEAFNOSUPPORT, the error for an address family that no installed protocol serves, once WSAStartup was called, and
 * WSANOTINITIALISED before.
 */
/* Its last parameter's type differs between versions of mingw-w64. */
#define select select_of_the_header
#include "smalldll.h"
#undef select
#include "ws2.h"

static volatile LONG Started;

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

BOOL Ws2Started(void)
{
    if (Started <= 0) {
        SetLastError(WSANOTINITIALISED);
        return FALSE;
    }
    return TRUE;
}

int WINAPI WSAGetLastError(void)
{
    return (int)GetLastError();
}

void WINAPI WSASetLastError(int Error)
{
    SetLastError((DWORD)Error);
}

int WINAPI WSAStartup(WORD Version, LPWSADATA Data)
{
    BYTE Major = LOBYTE(Version), Minor = HIBYTE(Version);

    if (Data == NULL) {
        return WSAEFAULT;
    }
    if (Major == 0) {
        return WSAVERNOTSUPPORTED;
    }
    memset(Data, 0, sizeof(*Data));
    Data->wVersion = Major > 2 || (Major == 2 && Minor > 2) ? MAKEWORD(2, 2) : Major == 1 && Minor > 1 ? MAKEWORD(1, 1) : Version;
    Data->wHighVersion = MAKEWORD(2, 2);
    strcpy(Data->szDescription, "WinSock 2.0");
    strcpy(Data->szSystemStatus, "Running");
    if (Major == 1) {
        Data->iMaxSockets = 32767;
        Data->iMaxUdpDg = 65467;
    }
    InterlockedIncrement(&Started);
    return 0;
}

int WINAPI WSACleanup(void)
{
    if (!Ws2Started()) {
        return SOCKET_ERROR;
    }
    InterlockedDecrement(&Started);
    return 0;
}

BOOL WINAPI WSAIsBlocking(void)
{
    return FALSE;
}

/* ---- byte order ------------------------------------------------------------------------------------------------------------------------ */

u_long WINAPI htonl(u_long Value)
{
    return __builtin_bswap32(Value);
}

u_long WINAPI ntohl(u_long Value)
{
    return __builtin_bswap32(Value);
}

u_short WINAPI htons(u_short Value)
{
    return __builtin_bswap16(Value);
}

u_short WINAPI ntohs(u_short Value)
{
    return __builtin_bswap16(Value);
}

/* No socket, so none to convert for. */
static int NotASocket(void)
{
    if (Ws2Started()) {
        SetLastError(WSAENOTSOCK);
    }
    return SOCKET_ERROR;
}

int WINAPI WSAHtonl(SOCKET Socket, u_long Value, u_long *Result)
{
    UNUSED(Socket);
    UNUSED(Value);
    UNUSED(Result);
    return NotASocket();
}

int WINAPI WSAHtons(SOCKET Socket, u_short Value, u_short *Result)
{
    UNUSED(Socket);
    UNUSED(Value);
    UNUSED(Result);
    return NotASocket();
}

int WINAPI WSANtohl(SOCKET Socket, u_long Value, u_long *Result)
{
    return WSAHtonl(Socket, Value, Result);
}

int WINAPI WSANtohs(SOCKET Socket, u_short Value, u_short *Result)
{
    return WSAHtons(Socket, Value, Result);
}

/* ---- events ----------------------------------------------------------------------------------------------------------------------------- */

WSAEVENT WINAPI WSACreateEvent(void)
{
    return CreateEventW(NULL, TRUE, FALSE, NULL);
}

BOOL WINAPI WSACloseEvent(WSAEVENT Event)
{
    return CloseHandle(Event) ? TRUE : Fail(WSA_INVALID_HANDLE);
}

BOOL WINAPI WSASetEvent(WSAEVENT Event)
{
    return SetEvent(Event) ? TRUE : Fail(WSA_INVALID_HANDLE);
}

BOOL WINAPI WSAResetEvent(WSAEVENT Event)
{
    return ResetEvent(Event) ? TRUE : Fail(WSA_INVALID_HANDLE);
}

DWORD WINAPI WSAWaitForMultipleEvents(DWORD Count, const WSAEVENT *Events, BOOL All, DWORD Timeout, BOOL Alertable)
{
    return WaitForMultipleObjectsEx(Count, Events, All, Timeout, Alertable);
}

/* ---- sockets ---------------------------------------------------------------------------------------------------------------------------- */

SOCKET WINAPI WSASocketW(int Family, int Type, int Protocol, LPWSAPROTOCOL_INFOW Info, GROUP Group, DWORD Flags)
{
    UNUSED(Family);
    UNUSED(Type);
    UNUSED(Protocol);
    UNUSED(Info);
    UNUSED(Group);
    UNUSED(Flags);
    if (Ws2Started()) {
        static volatile LONG Said;
        if (InterlockedExchange(&Said, 1) == 0) {
            DbgPrint("ws2_32!socket: there is no network yet\n");
        }
        SetLastError(WSAEAFNOSUPPORT);
    }
    return INVALID_SOCKET;
}

SOCKET WINAPI WSASocketA(int Family, int Type, int Protocol, LPWSAPROTOCOL_INFOA Info, GROUP Group, DWORD Flags)
{
    UNUSED(Info);
    return WSASocketW(Family, Type, Protocol, NULL, Group, Flags);
}

SOCKET WINAPI socket(int Family, int Type, int Protocol)
{
    return WSASocketW(Family, Type, Protocol, NULL, 0, 0);
}

int WINAPI __WSAFDIsSet(SOCKET Socket, fd_set *Set)
{
    for (u_int i = 0; i < Set->fd_count; i++) {
        if (Set->fd_array[i] == Socket) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Sets without a socket are WSAEINVAL, and with anything in them it is not one. */
int WINAPI select(int Ignored, fd_set *Read, fd_set *Write, fd_set *Except, const struct timeval *Timeout)
{
    UNUSED(Ignored);
    UNUSED(Timeout);
    if (Ws2Started()) {
        BOOL Any = (Read != NULL && Read->fd_count != 0) || (Write != NULL && Write->fd_count != 0) ||
                   (Except != NULL && Except->fd_count != 0);
        SetLastError(Any ? WSAENOTSOCK : WSAEINVAL);
    }
    return SOCKET_ERROR;
}

int WINAPI WSAPoll(LPWSAPOLLFD Sockets, ULONG Count, INT Timeout)
{
    UNUSED(Timeout);
    if (!Ws2Started()) {
        return SOCKET_ERROR;
    }
    if (Sockets == NULL || Count == 0) {
        SetLastError(Sockets == NULL ? WSAEFAULT : WSAEINVAL);
        return SOCKET_ERROR;
    }
    for (ULONG i = 0; i < Count; i++) {
        Sockets[i].revents = (LONG_PTR)Sockets[i].fd < 0 ? 0 : POLLNVAL;
    }
    SetLastError(WSAENOTSOCK);
    return SOCKET_ERROR;
}

int WINAPI WSAEnumProtocolsW(LPINT Protocols, LPWSAPROTOCOL_INFOW Buffer, LPDWORD Size)
{
    UNUSED(Protocols);
    UNUSED(Buffer);
    if (!Ws2Started()) {
        return SOCKET_ERROR;
    }
    if (Size == NULL) {
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    *Size = 0;
    return 0;
}

int WINAPI WSAEnumProtocolsA(LPINT Protocols, LPWSAPROTOCOL_INFOA Buffer, LPDWORD Size)
{
    UNUSED(Buffer);
    return WSAEnumProtocolsW(Protocols, NULL, Size);
}
