/* SPDX-License-Identifier: MIT */
/*
 * adapters.c - a computer without network adapters, as Windows describes one.
 */
#include "smalldll.h"
#include <iphlpapi.h>

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

ULONG WINAPI GetAdaptersAddresses(ULONG Family, ULONG Flags, PVOID Reserved, PIP_ADAPTER_ADDRESSES Addresses, PULONG Size)
{
    UNUSED(Family);
    UNUSED(Flags);
    UNUSED(Reserved);
    UNUSED(Addresses);
    return Size == NULL ? ERROR_INVALID_PARAMETER : ERROR_NO_DATA;
}

DWORD WINAPI GetAdaptersInfo(PIP_ADAPTER_INFO Info, PULONG Size)
{
    UNUSED(Info);
    return Size == NULL ? ERROR_INVALID_PARAMETER : ERROR_NO_DATA;
}

DWORD WINAPI GetInterfaceInfo(PIP_INTERFACE_INFO Info, PULONG Size)
{
    UNUSED(Info);
    return Size == NULL ? ERROR_INVALID_PARAMETER : ERROR_NO_DATA;
}

DWORD WINAPI GetNumberOfInterfaces(PDWORD Number)
{
    if (Number == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    *Number = 0;
    return NO_ERROR;
}

DWORD WINAPI GetNetworkParams(PFIXED_INFO Info, PULONG Size)
{
    DWORD Length = sizeof(Info->HostName);

    if (Size == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    if (Info == NULL || *Size < sizeof(*Info)) {
        *Size = sizeof(*Info);
        return ERROR_BUFFER_OVERFLOW;
    }
    memset(Info, 0, sizeof(*Info));
    Info->NodeType = 8; /* hybrid, the default */
    return GetComputerNameExA(ComputerNameDnsHostname, Info->HostName, &Length) ? NO_ERROR : GetLastError();
}

ULONG WINAPI if_nametoindex(PCSTR Name)
{
    UNUSED(Name);
    return 0;
}

PCHAR WINAPI if_indextoname(ULONG Index, PCHAR Name)
{
    UNUSED(Index);
    UNUSED(Name);
    return NULL;
}

DWORD WINAPI GetFriendlyIfIndex(DWORD Index)
{
    return Index & 0xFFFFFF;
}

VOID WINAPI FreeMibTable(PVOID Table)
{
    Release(Table);
}
