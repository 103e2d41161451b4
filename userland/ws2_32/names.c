/* SPDX-License-Identifier: MIT */
/*
 * names.c - hosts, services and protocols by name.
 *
 * Without a network the only hosts are numbers, this computer and localhost; every other name is WSAHOST_NOT_FOUND.  Services and protocols come
 * from a short table instead of the files of drivers\etc.  A result of getaddrinfo is one block for each address, with the socket address and
 * the name behind it.
 */
#include "smalldll.h"
#include "ws2.h"

static const struct { LPCSTR Name; USHORT Port; LPCSTR Protocol; } Services[] = {
    {"echo", 7, "tcp"}, {"discard", 9, "tcp"}, {"daytime", 13, "tcp"}, {"ftp", 21, "tcp"}, {"ssh", 22, "tcp"}, {"telnet", 23, "tcp"},
    {"smtp", 25, "tcp"}, {"time", 37, "tcp"}, {"domain", 53, "tcp"}, {"domain", 53, "udp"}, {"tftp", 69, "udp"}, {"http", 80, "tcp"},
    {"pop3", 110, "tcp"}, {"ntp", 123, "udp"}, {"imap", 143, "tcp"}, {"ldap", 389, "tcp"}, {"https", 443, "tcp"}, {"https", 443, "udp"},
    {"imaps", 993, "tcp"}, {"pop3s", 995, "tcp"},
};

static const struct { LPCSTR Name; short Number; } Protocols[] = {
    {"ip", 0}, {"icmp", 1}, {"ggp", 3}, {"tcp", 6}, {"egp", 8}, {"udp", 17}, {"ipv6", 41}, {"ipv6-icmp", 58},
};

int WINAPI gethostname(char *Name, int Size)
{
    CHAR Buffer[256];
    DWORD Length = sizeof(Buffer);

    if (!Ws2Started()) {
        return SOCKET_ERROR;
    }
    if (!GetComputerNameExA(ComputerNameDnsHostname, Buffer, &Length) || Name == NULL || Size <= (int)Length) {
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    memcpy(Name, Buffer, (SIZE_T)Length + 1);
    return 0;
}

int WINAPI GetHostNameW(PWSTR Name, int Size)
{
    CHAR Buffer[256];

    if (gethostname(Buffer, sizeof(Buffer)) != 0) {
        return SOCKET_ERROR;
    }
    if (Name == NULL || Size <= (int)strlen(Buffer)) {
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    MultiByteToWideChar(CP_ACP, 0, Buffer, -1, Name, Size);
    return 0;
}

static BOOL IsThisHost(LPCSTR Name)
{
    CHAR Own[256];

    return _stricmp(Name, "localhost") == 0 || (gethostname(Own, sizeof(Own)) == 0 && _stricmp(Name, Own) == 0);
}

static int FindPort(LPCSTR Service, LPCSTR Protocol)
{
    int Port = 0;
    LPCSTR s = Service;

    for (; *s >= '0' && *s <= '9' && Port <= 65535; s++) {
        Port = Port * 10 + (*s - '0');
    }
    if (*s == 0) {
        return Port <= 65535 ? Port : -1;
    }
    for (ULONG i = 0; i < COUNT_OF(Services); i++) {
        if (_stricmp(Service, Services[i].Name) == 0 && (Protocol == NULL || _stricmp(Protocol, Services[i].Protocol) == 0)) {
            return Services[i].Port;
        }
    }
    return -1;
}

/* ---- getaddrinfo -------------------------------------------------------------------------------------------------------------------- */

static ADDRINFOA *MakeInfo(const ADDRINFOA *Hints, int Family, const void *Address, USHORT Port, LPCSTR Canonical)
{
    SIZE_T NameSize = Canonical != NULL ? strlen(Canonical) + 1 : 0;
    ADDRINFOA *Info = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(ADDRINFOA) + sizeof(SOCKADDR_IN6) + 4 + NameSize);

    if (Info == NULL) {
        return NULL;
    }
    Info->ai_family = Family;
    Info->ai_socktype = Hints != NULL ? Hints->ai_socktype : 0;
    Info->ai_protocol = Hints != NULL ? Hints->ai_protocol : 0;
    Info->ai_addr = (SOCKADDR *)(Info + 1);
    Info->ai_addr->sa_family = (USHORT)Family;
    ((SOCKADDR_IN *)Info->ai_addr)->sin_port = htons(Port);
    if (Family == AF_INET) {
        Info->ai_addrlen = sizeof(SOCKADDR_IN);
        memcpy(&((SOCKADDR_IN *)Info->ai_addr)->sin_addr, Address, 4);
    } else {
        Info->ai_addrlen = sizeof(SOCKADDR_IN6);
        memcpy(&((SOCKADDR_IN6 *)Info->ai_addr)->sin6_addr, Address, 16);
    }
    if (Canonical != NULL) {
        Info->ai_canonname = (LPSTR)(Info + 1) + sizeof(SOCKADDR_IN6) + 4;
        memcpy(Info->ai_canonname, Canonical, NameSize);
    }
    return Info;
}

/* The addresses of a name, IPv6 first as Windows orders them; at most two. */
static int Resolve(LPCSTR Node, int Flags, int Family, UCHAR Found[2][16], int Families[2], int *Count)
{
    ULONG V4;
    IN6_ADDR V6;

    *Count = 0;
    if (Node != NULL && Ws2ParseV4(Node, &V4, TRUE)) {
        if (Family == AF_INET6) {
            return WSAHOST_NOT_FOUND;
        }
        memcpy(Found[0], &V4, 4);
        Families[(*Count)++] = AF_INET;
        return 0;
    }
    if (Node != NULL && Ws2ParseV6(Node, &V6)) {
        if (Family == AF_INET) {
            return WSAHOST_NOT_FOUND;
        }
        memcpy(Found[0], &V6, 16);
        Families[(*Count)++] = AF_INET6;
        return 0;
    }
    if (Node != NULL && ((Flags & AI_NUMERICHOST) || !IsThisHost(Node))) {
        return WSAHOST_NOT_FOUND;
    }
    BOOL Any = Node == NULL && (Flags & AI_PASSIVE);
    if (Family != AF_INET) {
        memset(Found[*Count], 0, 16);
        Found[*Count][15] = !Any;
        Families[(*Count)++] = AF_INET6;
    }
    if (Family != AF_INET6) {
        V4 = Any ? 0 : 0x0100007F;
        memcpy(Found[*Count], &V4, 4);
        Families[(*Count)++] = AF_INET;
    }
    return 0;
}

INT WINAPI getaddrinfo(PCSTR Node, PCSTR Service, const ADDRINFOA *Hints, PADDRINFOA *Result)
{
    UCHAR Found[2][16];
    int Families[2], Count = 0, Flags = Hints != NULL ? Hints->ai_flags : 0, Family = Hints != NULL ? Hints->ai_family : AF_UNSPEC;

    if (Result == NULL) {
        return WSAEINVAL;
    }
    *Result = NULL;
    if (!Ws2Started()) {
        return WSANOTINITIALISED;
    }
    if (Node != NULL && Node[0] == 0) {
        Node = "localhost";
    }
    if (Node == NULL && Service == NULL) {
        SetLastError(WSAHOST_NOT_FOUND);
        return WSAHOST_NOT_FOUND;
    }
    if (Hints != NULL && (Hints->ai_addrlen != 0 || Hints->ai_canonname != NULL || Hints->ai_addr != NULL || Hints->ai_next != NULL)) {
        SetLastError(WSANO_RECOVERY);
        return WSANO_RECOVERY;
    }
    if ((Flags & AI_CANONNAME) && Node == NULL) {
        SetLastError(WSAEINVAL);
        return WSAEINVAL;
    }
    if (Family != AF_UNSPEC && Family != AF_INET && Family != AF_INET6) {
        SetLastError(WSAEAFNOSUPPORT);
        return WSAEAFNOSUPPORT;
    }
    int Port = Service == NULL ? 0 : FindPort(Service, Hints == NULL ? NULL : Hints->ai_socktype == SOCK_DGRAM ? "udp" : "tcp");
    if (Port < 0) {
        SetLastError(WSATYPE_NOT_FOUND);
        return WSATYPE_NOT_FOUND;
    }
    int Error = Resolve(Node, Flags, Family, Found, Families, &Count);
    for (int i = Count - 1; Error == 0 && i >= 0; i--) {
        ADDRINFOA *Info = MakeInfo(Hints, Families[i], Found[i], (USHORT)Port, i == 0 && (Flags & AI_CANONNAME) ? Node : NULL);
        if (Info == NULL) {
            freeaddrinfo(*Result);
            *Result = NULL;
            Error = WSA_NOT_ENOUGH_MEMORY;
            break;
        }
        Info->ai_next = *Result;
        *Result = Info;
    }
    SetLastError((DWORD)Error);
    return Error;
}

void WINAPI freeaddrinfo(LPADDRINFO Info)
{
    while (Info != NULL) {
        LPADDRINFO Next = Info->ai_next;
        Release(Info);
        Info = Next;
    }
}

static LPSTR NarrowOf(LPCWSTR Text)
{
    int Length = Text == NULL ? 0 : WideCharToMultiByte(CP_UTF8, 0, Text, -1, NULL, 0, NULL, NULL);
    LPSTR Narrow = Length == 0 ? NULL : Allocate((SIZE_T)Length);

    if (Narrow != NULL) {
        WideCharToMultiByte(CP_UTF8, 0, Text, -1, Narrow, Length, NULL, NULL);
    }
    return Narrow;
}

/* The structures differ in the name's type only, and the name is pure ASCII or what the caller gave: it is widened in place of a new block. */
INT WINAPI GetAddrInfoW(PCWSTR Node, PCWSTR Service, const ADDRINFOW *Hints, PADDRINFOW *Result)
{
    LPSTR NarrowNode = NarrowOf(Node), NarrowService = NarrowOf(Service);
    PADDRINFOA Found = NULL;
    ADDRINFOA Copy = {0};

    if (Result == NULL) {
        return WSAEINVAL;
    }
    *Result = NULL;
    if (Hints != NULL) {
        memcpy(&Copy, Hints, sizeof(Copy));
        Copy.ai_flags &= ~AI_CANONNAME;
    }
    INT Error = getaddrinfo(NarrowNode, NarrowService, Hints != NULL ? &Copy : NULL, &Found);
    if (Error == 0 && Hints != NULL && (Hints->ai_flags & AI_CANONNAME) && Node != NULL) {
        SIZE_T Bytes = (wcslen(Node) + 1) * sizeof(WCHAR), Size = sizeof(ADDRINFOW) + sizeof(SOCKADDR_IN6) + 4;
        PADDRINFOW First = HeapReAlloc(GetProcessHeap(), 0, Found, Size + Bytes);
        if (First == NULL) {
            freeaddrinfo(Found);
            Found = NULL;
            Error = WSA_NOT_ENOUGH_MEMORY;
        } else {
            First->ai_addr = (SOCKADDR *)(First + 1);
            First->ai_canonname = (LPWSTR)((PUCHAR)First + Size);
            memcpy(First->ai_canonname, Node, Bytes);
            Found = (PADDRINFOA)First;
        }
    }
    *Result = (PADDRINFOW)Found;
    Release(NarrowNode);
    Release(NarrowService);
    return Error;
}

void WINAPI FreeAddrInfoW(PADDRINFOW Info)
{
    freeaddrinfo((LPADDRINFO)Info);
}

/* ---- the other way ------------------------------------------------------------------------------------------------------------------- */

INT WINAPI getnameinfo(const SOCKADDR *Address, socklen_t Length, PCHAR Node, DWORD NodeSize, PCHAR Service, DWORD ServiceSize, INT Flags)
{
    CHAR Buffer[WS2_TEXT];

    if (!Ws2Started()) {
        return WSANOTINITIALISED;
    }
    if (Address == NULL || (Node == NULL && Service == NULL)) {
        return Address == NULL ? WSAEFAULT : WSAHOST_NOT_FOUND;
    }
    BOOL V4 = Address->sa_family == AF_INET;
    if ((!V4 && Address->sa_family != AF_INET6) || Length < (socklen_t)(V4 ? sizeof(SOCKADDR_IN) : sizeof(SOCKADDR_IN6))) {
        return !V4 && Address->sa_family != AF_INET6 ? WSAEAFNOSUPPORT : WSAEFAULT;
    }
    if (Node != NULL && NodeSize != 0) {
        if (!(Flags & NI_NUMERICHOST) && (Flags & NI_NAMEREQD)) {
            return WSAHOST_NOT_FOUND;
        }
        if (V4) {
            Ws2PrintV4(((const SOCKADDR_IN *)Address)->sin_addr.s_addr, Buffer);
        } else {
            Ws2PrintV6(&((const SOCKADDR_IN6 *)Address)->sin6_addr, Buffer);
        }
        if (strlen(Buffer) >= NodeSize) {
            return ERROR_INSUFFICIENT_BUFFER;
        }
        strcpy(Node, Buffer);
    }
    if (Service != NULL && ServiceSize != 0) {
        USHORT Port = ntohs(((const SOCKADDR_IN *)Address)->sin_port);
        struct servent *Found = Flags & NI_NUMERICSERV ? NULL : getservbyport(htons(Port), Flags & NI_DGRAM ? "udp" : "tcp");
        if (Found != NULL) {
            strcpy(Buffer, Found->s_name);
        } else {
            SOCKADDR_IN Only = {.sin_family = AF_INET, .sin_port = htons(Port)};
            DWORD Size = sizeof(Buffer);
            WSAAddressToStringA((LPSOCKADDR)&Only, sizeof(Only), NULL, Buffer, &Size);
            memmove(Buffer, Port == 0 ? "0" : Buffer + 8, Port == 0 ? 2 : strlen(Buffer + 8) + 1); /* behind "0.0.0.0:" */
        }
        if (strlen(Buffer) >= ServiceSize) {
            return ERROR_INSUFFICIENT_BUFFER;
        }
        strcpy(Service, Buffer);
    }
    return 0;
}

INT WINAPI GetNameInfoW(const SOCKADDR *Address, socklen_t Length, PWCHAR Node, DWORD NodeSize, PWCHAR Service, DWORD ServiceSize, INT Flags)
{
    CHAR NarrowNode[256], NarrowService[64];
    INT Error = getnameinfo(Address, Length, Node != NULL ? NarrowNode : NULL, sizeof(NarrowNode), Service != NULL ? NarrowService : NULL,
                            sizeof(NarrowService), Flags);

    if (Error == 0 && Node != NULL && NodeSize != 0 && MultiByteToWideChar(CP_ACP, 0, NarrowNode, -1, Node, (int)NodeSize) == 0) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    if (Error == 0 && Service != NULL && ServiceSize != 0 &&
        MultiByteToWideChar(CP_ACP, 0, NarrowService, -1, Service, (int)ServiceSize) == 0) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    return Error;
}

/* ---- the old calls: their results live until the next one; here in one place, which is what their documentation allows a thread --------- */

static struct servent *MakeService(ULONG Index)
{
    static struct servent Entry;
    static char *NoAliases[1];

    Entry = (struct servent){.s_name = (char *)Services[Index].Name, .s_aliases = NoAliases, .s_proto = (char *)Services[Index].Protocol,
                             .s_port = (short)htons(Services[Index].Port)};
    return &Entry;
}

struct servent *WINAPI getservbyname(const char *Name, const char *Protocol)
{
    for (ULONG i = 0; Ws2Started() && i < COUNT_OF(Services); i++) {
        if (_stricmp(Name, Services[i].Name) == 0 && (Protocol == NULL || _stricmp(Protocol, Services[i].Protocol) == 0)) {
            return MakeService(i);
        }
    }
    SetLastError(WSANO_DATA);
    return NULL;
}

struct servent *WINAPI getservbyport(int Port, const char *Protocol)
{
    for (ULONG i = 0; Ws2Started() && i < COUNT_OF(Services); i++) {
        if (Services[i].Port == ntohs((USHORT)Port) && (Protocol == NULL || _stricmp(Protocol, Services[i].Protocol) == 0)) {
            return MakeService(i);
        }
    }
    SetLastError(WSANO_DATA);
    return NULL;
}

static struct protoent *MakeProtocol(ULONG Index)
{
    static struct protoent Entry;
    static char *NoAliases[1];

    Entry = (struct protoent){.p_name = (char *)Protocols[Index].Name, .p_aliases = NoAliases, .p_proto = Protocols[Index].Number};
    return &Entry;
}

struct protoent *WINAPI getprotobyname(const char *Name)
{
    for (ULONG i = 0; Ws2Started() && i < COUNT_OF(Protocols); i++) {
        if (_stricmp(Name, Protocols[i].Name) == 0) {
            return MakeProtocol(i);
        }
    }
    SetLastError(WSANO_DATA);
    return NULL;
}

struct protoent *WINAPI getprotobynumber(int Number)
{
    for (ULONG i = 0; Ws2Started() && i < COUNT_OF(Protocols); i++) {
        if (Protocols[i].Number == Number) {
            return MakeProtocol(i);
        }
    }
    SetLastError(WSANO_DATA);
    return NULL;
}

struct hostent *WINAPI gethostbyname(const char *Name)
{
    static struct hostent Entry;
    static ULONG Address;
    static char *NoAliases[1], *Addresses[2], Own[256];

    if (!Ws2Started()) {
        return NULL;
    }
    if (Name == NULL || Name[0] == 0) {
        gethostname(Own, sizeof(Own));
        Name = Own;
    }
    if (!Ws2ParseV4(Name, &Address, TRUE)) {
        if (!IsThisHost(Name)) {
            SetLastError(WSAHOST_NOT_FOUND);
            return NULL;
        }
        Address = 0x0100007F;
    }
    if (Name != Own) {
        lstrcpynA(Own, Name, sizeof(Own));
    }
    Addresses[0] = (char *)&Address;
    Entry = (struct hostent){.h_name = Own, .h_aliases = NoAliases, .h_addrtype = AF_INET, .h_length = 4, .h_addr_list = Addresses};
    return &Entry;
}
