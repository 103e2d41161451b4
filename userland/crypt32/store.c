/* SPDX-License-Identifier: MIT */
/*
 * store.c - certificate stores: opened, counted, joined to collections, and empty.  The system's stores are those of a Windows on which nobody has
 * installed a certificate and no root programme has run; what would put something into a store is not there yet (absent.c).
 */
#include "smalldll.h"
#include <wincrypt.h>

#define SIGNATURE 0x524F5453u /* "STOR" */
#define LOCATION_MASK 0x00FF0000u

typedef struct
{
    ULONG Signature;
    ULONG_PTR Provider;
    volatile LONG References;
} STORE;

static STORE *FromHandle(HCERTSTORE Handle)
{
    STORE *Store = Handle;

    return Store != NULL && Store->Signature == SIGNATURE ? Store : NULL;
}

static HCERTSTORE NewStore(ULONG_PTR Provider)
{
    STORE *Store = Allocate(sizeof(*Store));

    if (Store == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    *Store = (STORE){SIGNATURE, Provider, 1};
    return Store;
}

/* ---- opening and closing ----------------------------------------------------------------------------------------------------------------------- */

static BOOL IsSystemStore(LPCWSTR Name)
{
    static const LPCWSTR Names[] = {L"MY", L"Root", L"Trust", L"CA", L"UserDS", L"TrustedPublisher", L"Disallowed", L"AuthRoot", L"TrustedPeople",
                                    L"ClientAuthIssuer", L"SmartCardRoot", L"TrustedDevices"};

    for (ULONG i = 0; i < COUNT_OF(Names); i++) {
        if (_wcsicmp(Names[i], Name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A store that does not exist would be made in the registry, which cannot be written. */
static HCERTSTORE OpenSystem(LPCWSTR Name, DWORD Flags)
{
    if (Name == NULL || (Flags & LOCATION_MASK) == 0 || (Flags & LOCATION_MASK) > CERT_SYSTEM_STORE_LOCAL_MACHINE_ENTERPRISE) {
        SetLastError((DWORD)E_INVALIDARG);
    } else if (Flags & CERT_STORE_DELETE_FLAG) {
        SetLastError(ERROR_ACCESS_DENIED);
    } else if (!IsSystemStore(Name)) {
        SetLastError(Flags & (CERT_STORE_OPEN_EXISTING_FLAG | CERT_STORE_READONLY_FLAG) ? ERROR_FILE_NOT_FOUND : ERROR_ACCESS_DENIED);
    } else if (Flags & CERT_STORE_CREATE_NEW_FLAG) {
        SetLastError(ERROR_FILE_EXISTS);
    } else {
        return NewStore((ULONG_PTR)CERT_STORE_PROV_SYSTEM_W);
    }
    return NULL;
}

static HCERTSTORE OpenSystemAnsi(LPCSTR Name, DWORD Flags)
{
    WCHAR Wide[MAX_PATH];

    if (Name == NULL || MultiByteToWideChar(CP_ACP, 0, Name, -1, Wide, MAX_PATH) == 0) {
        SetLastError((DWORD)E_INVALIDARG);
        return NULL;
    }
    return OpenSystem(Wide, Flags);
}

/* Providers go by number or by name; 0: none that is known. */
static ULONG_PTR ProviderNumber(LPCSTR Provider)
{
    static const struct { LPCSTR Name; LPCSTR Number; } Names[] = {
        {sz_CERT_STORE_PROV_MEMORY, CERT_STORE_PROV_MEMORY}, {sz_CERT_STORE_PROV_SYSTEM_W, CERT_STORE_PROV_SYSTEM_W},
        {sz_CERT_STORE_PROV_COLLECTION, CERT_STORE_PROV_COLLECTION}, {sz_CERT_STORE_PROV_SYSTEM_REGISTRY_W, CERT_STORE_PROV_SYSTEM_REGISTRY_W},
    };

    if ((ULONG_PTR)Provider <= 0xFFFF) {
        return (ULONG_PTR)Provider;
    }
    for (ULONG i = 0; i < COUNT_OF(Names); i++) {
        if (_stricmp(Names[i].Name, Provider) == 0) {
            return (ULONG_PTR)Names[i].Number;
        }
    }
    return 0;
}

HCERTSTORE WINAPI CertOpenStore(LPCSTR Provider, DWORD Encoding, HCRYPTPROV_LEGACY CryptoProvider, DWORD Flags, const void *Parameter)
{
    ULONG_PTR Number = ProviderNumber(Provider);

    UNUSED(Encoding);
    UNUSED(CryptoProvider);
    switch (Number) {
    case (ULONG_PTR)CERT_STORE_PROV_MEMORY:
    case (ULONG_PTR)CERT_STORE_PROV_COLLECTION:
        return NewStore(Number);
    case (ULONG_PTR)CERT_STORE_PROV_SYSTEM_W:
    case (ULONG_PTR)CERT_STORE_PROV_SYSTEM_REGISTRY_W:
    case (ULONG_PTR)CERT_STORE_PROV_PHYSICAL_W:
        return OpenSystem(Parameter, Flags);
    case (ULONG_PTR)CERT_STORE_PROV_SYSTEM_A:
    case (ULONG_PTR)CERT_STORE_PROV_SYSTEM_REGISTRY_A:
        return OpenSystemAnsi(Parameter, Flags);
    case 0:
        SetLastError(ERROR_FILE_NOT_FOUND);
        return NULL;
    default:
        DbgPrint("crypt32!CertOpenStore: provider %u is not there yet\n", (ULONG)Number);
        SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
        return NULL;
    }
}

HCERTSTORE WINAPI CertOpenSystemStoreW(HCRYPTPROV_LEGACY CryptoProvider, LPCWSTR Name)
{
    return CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, CryptoProvider, CERT_SYSTEM_STORE_CURRENT_USER, Name);
}

HCERTSTORE WINAPI CertOpenSystemStoreA(HCRYPTPROV_LEGACY CryptoProvider, LPCSTR Name)
{
    return CertOpenStore(CERT_STORE_PROV_SYSTEM_A, 0, CryptoProvider, CERT_SYSTEM_STORE_CURRENT_USER, Name);
}

HCERTSTORE WINAPI CertDuplicateStore(HCERTSTORE Handle)
{
    STORE *Store = FromHandle(Handle);

    if (Store != NULL) {
        InterlockedIncrement(&Store->References);
    }
    return Store;
}

BOOL WINAPI CertCloseStore(HCERTSTORE Handle, DWORD Flags)
{
    STORE *Store = FromHandle(Handle);

    if (Handle == NULL) {
        return TRUE;
    }
    if (Store == NULL || (Flags & ~(DWORD)(CERT_CLOSE_STORE_FORCE_FLAG | CERT_CLOSE_STORE_CHECK_FLAG))) {
        return Fail((DWORD)E_INVALIDARG);
    }
    if (InterlockedDecrement(&Store->References) == 0) {
        Store->Signature = 0;
        Release(Store);
    }
    return TRUE;
}

/* ---- what is in it ----------------------------------------------------------------------------------------------------------------------------- */

/* A collection of empty stores is empty: nobody can tell who belongs to it. */
BOOL WINAPI CertAddStoreToCollection(HCERTSTORE Collection, HCERTSTORE Member, DWORD Flags, DWORD Priority)
{
    STORE *Store = FromHandle(Collection);

    UNUSED(Flags);
    UNUSED(Priority);
    if (Store == NULL || Store->Provider != (ULONG_PTR)CERT_STORE_PROV_COLLECTION || (Member != NULL && FromHandle(Member) == NULL)) {
        return Fail((DWORD)E_INVALIDARG);
    }
    return TRUE;
}

static PVOID Nothing(HCERTSTORE Handle)
{
    SetLastError(FromHandle(Handle) != NULL ? (DWORD)CRYPT_E_NOT_FOUND : (DWORD)E_INVALIDARG);
    return NULL;
}

PCCERT_CONTEXT WINAPI CertEnumCertificatesInStore(HCERTSTORE Store, PCCERT_CONTEXT Previous)
{
    UNUSED(Previous);
    return Nothing(Store);
}

PCCRL_CONTEXT WINAPI CertEnumCRLsInStore(HCERTSTORE Store, PCCRL_CONTEXT Previous)
{
    UNUSED(Previous);
    return Nothing(Store);
}

PCCTL_CONTEXT WINAPI CertEnumCTLsInStore(HCERTSTORE Store, PCCTL_CONTEXT Previous)
{
    UNUSED(Previous);
    return Nothing(Store);
}

PCCERT_CONTEXT WINAPI CertFindCertificateInStore(HCERTSTORE Store, DWORD Encoding, DWORD Flags, DWORD Kind, const void *Parameter, PCCERT_CONTEXT Previous)
{
    UNUSED(Encoding);
    UNUSED(Flags);
    UNUSED(Kind);
    UNUSED(Parameter);
    UNUSED(Previous);
    return Nothing(Store);
}

PCCRL_CONTEXT WINAPI CertFindCRLInStore(HCERTSTORE Store, DWORD Encoding, DWORD Flags, DWORD Kind, const void *Parameter, PCCRL_CONTEXT Previous)
{
    UNUSED(Encoding);
    UNUSED(Flags);
    UNUSED(Kind);
    UNUSED(Parameter);
    UNUSED(Previous);
    return Nothing(Store);
}

PCCERT_CHAIN_CONTEXT WINAPI CertFindChainInStore(HCERTSTORE Store, DWORD Encoding, DWORD Flags, DWORD Kind, const void *Parameter,
                                                 PCCERT_CHAIN_CONTEXT Previous)
{
    UNUSED(Encoding);
    UNUSED(Flags);
    UNUSED(Kind);
    UNUSED(Parameter);
    UNUSED(Previous);
    return Nothing(Store);
}

PCCERT_CONTEXT WINAPI CertGetSubjectCertificateFromStore(HCERTSTORE Store, DWORD Encoding, PCERT_INFO Id)
{
    UNUSED(Encoding);
    UNUSED(Id);
    return Nothing(Store);
}

/* ---- engines: what chains are to be built with (CertGetCertificateChain, which builds them, is not there yet) ------------------------------------- */

#define ENGINE_SIGNATURE 0x4E474E45u /* "ENGN" */

/* The configuration grew twice; its first member says how far it goes.  Nobody reads the rest yet. */
BOOL WINAPI CertCreateCertificateChainEngine(PCERT_CHAIN_ENGINE_CONFIG Config, HCERTCHAINENGINE *Engine)
{
    ULONG *New;

    if (Config == NULL || Engine == NULL || Config->cbSize < offsetof(CERT_CHAIN_ENGINE_CONFIG, CycleDetectionModulus)) {
        return Fail((DWORD)E_INVALIDARG);
    }
    New = Allocate(sizeof(*New));
    if (New == NULL) {
        return Fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    *New = ENGINE_SIGNATURE;
    *Engine = (HCERTCHAINENGINE)(PVOID)New;
    return TRUE;
}

/* HCCE_CURRENT_USER and the other small numbers are always there. */
VOID WINAPI CertFreeCertificateChainEngine(HCERTCHAINENGINE Engine)
{
    ULONG *Old = (ULONG *)(PVOID)Engine;

    if ((ULONG_PTR)Old > 0xFFFF && *Old == ENGINE_SIGNATURE) {
        *Old = 0;
        Release(Old);
    }
}
