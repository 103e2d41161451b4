/* SPDX-License-Identifier: MIT */
/*
 * libraries.c - the libraries beside kernel32: what they promise without a network, a desktop or a registry.
 *
 * Each is loaded by name, as programs do that can do without it; the functions are called through GetProcAddress.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <oleauto.h>
#include <shellapi.h>
#include <wincrypt.h>
#include <bcrypt.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "tap.h"

static HMODULE Library;

static void *Find(const char *Name)
{
    void *Address = (void *)GetProcAddress(Library, Name);

    if (Address == NULL) {
        Ok(0, "%s is exported", Name);
        ExitProcess(1);
    }
    return Address;
}

#define CALL(Type, Name) ((Type)Find(#Name))

static int Load(const char *Name)
{
    Library = LoadLibraryA(Name);
    return Ok(Library != NULL, "%s loads", Name);
}

static void Sockets(void)
{
    WSADATA Data;
    IN6_ADDR V6;
    IN_ADDR V4;
    char Text[64];

    if (!Load("ws2_32.dll")) {
        return;
    }
    typedef int(WINAPI * STARTUP)(WORD, WSADATA *);
    Is(CALL(STARTUP, WSAStartup)(MAKEWORD(2, 2), &Data), 0, "WSAStartup");
    Is(Data.wVersion, MAKEWORD(2, 2), "version 2.2");
    Is(CALL(STARTUP, WSAStartup)(0, &Data), WSAVERNOTSUPPORTED, "version 0 is not supported");
    typedef u_short(WINAPI * SWAP)(u_short);
    Is(CALL(SWAP, htons)(0x1234), 0x3412, "htons");
    Is(GetProcAddress(Library, (LPCSTR)9) == GetProcAddress(Library, "htons"), 1, "which is ordinal 9");
    typedef int(WINAPI * PTON)(int, const char *, void *);
    PTON Pton = CALL(PTON, inet_pton);
    Is(Pton(AF_INET, "192.168.0.1", &V4), 1, "an IPv4 address");
    Is(V4.s_addr, 0x0100A8C0, "in network order");
    Is(Pton(AF_INET, "192.168.1", &V4), 0, "three parts are none");
    Is(Pton(AF_INET, "256.1.1.1", &V4), 0, "256 is no part");
    Is(Pton(AF_INET6, "2001:db8::8:800:200c:417a", &V6), 1, "an IPv6 address");
    typedef const char *(WINAPI * NTOP)(int, const void *, char *, size_t);
    NTOP Ntop = CALL(NTOP, inet_ntop);
    Ok(Ntop(AF_INET6, &V6, Text, sizeof(Text)) && strcmp(Text, "2001:db8::8:800:200c:417a") == 0, "and back");
    Ok(Pton(AF_INET6, "::ffff:1.2.3.4", &V6) == 1 && Ntop(AF_INET6, &V6, Text, sizeof(Text)) && strcmp(Text, "::ffff:1.2.3.4") == 0, "a mapped one");
    Ok(Pton(AF_INET6, "fe80::", &V6) == 1 && Ntop(AF_INET6, &V6, Text, sizeof(Text)) && strcmp(Text, "fe80::") == 0, "zeros at the end");
    Is(Pton(AF_INET6, "1::2::3", &V6), 0, "two gaps are none");
    typedef u_long(WINAPI * ADDR)(const char *);
    Is(CALL(ADDR, inet_addr)("127.1"), 0x0100007F, "inet_addr fills up");
    Is(CALL(ADDR, inet_addr)("0x7f000001"), 0x0100007F, "and reads hexadecimal");
    typedef int(WINAPI * INFO)(const char *, const char *, const ADDRINFOA *, ADDRINFOA **);
    typedef void(WINAPI * FREEINFO)(ADDRINFOA *);
    ADDRINFOA Hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *Found = NULL;
    Is(CALL(INFO, getaddrinfo)("10.0.0.7", "80", &Hints, &Found), 0, "getaddrinfo of a number");
    Ok(Found != NULL && ((SOCKADDR_IN *)Found->ai_addr)->sin_port == 0x5000 && ((SOCKADDR_IN *)Found->ai_addr)->sin_addr.s_addr == 0x0700000A,
       "address and port");
    CALL(FREEINFO, freeaddrinfo)(Found);
    Is(CALL(INFO, getaddrinfo)("no.such.name", "80", &Hints, &Found), WSAHOST_NOT_FOUND, "a name where a number was promised");
    typedef int(WINAPI * CLEANUP)(void);
    Is(CALL(CLEANUP, WSACleanup)(), 0, "WSACleanup");
}

static void Strings(void)
{
    if (!Load("oleaut32.dll")) {
        return;
    }
    typedef BSTR(WINAPI * ALLOC)(const WCHAR *);
    typedef UINT(WINAPI * LENGTH)(BSTR);
    typedef void(WINAPI * RELEASE)(BSTR);
    BSTR Text = CALL(ALLOC, SysAllocString)(L"nascent");
    Ok(Text != NULL && wcscmp(Text, L"nascent") == 0 && ((UINT *)Text)[-1] == 14, "a BSTR with its length before it");
    Is(CALL(LENGTH, SysStringLen)(Text), 7, "in characters");
    Is(CALL(LENGTH, SysStringLen)(NULL), 0, "null is empty");
    Is(GetProcAddress(Library, (LPCSTR)2) == GetProcAddress(Library, "SysAllocString"), 1, "which is ordinal 2");
    CALL(RELEASE, SysFreeString)(Text);
    typedef HRESULT(WINAPI * CHANGE)(VARIANT *, VARIANT *, USHORT, VARTYPE);
    typedef HRESULT(WINAPI * CLEAR)(VARIANT *);
    VARIANT From = {.vt = VT_I4, .lVal = -42}, To = {.vt = VT_EMPTY};
    Is(CALL(CHANGE, VariantChangeType)(&To, &From, 0, VT_BSTR), S_OK, "a number becomes a string");
    Ok(To.vt == VT_BSTR && wcscmp(To.bstrVal, L"-42") == 0, "-42");
    Is(CALL(CHANGE, VariantChangeType)(&From, &To, 0, VT_I2), S_OK, "and a number again");
    Ok(From.vt == VT_I2 && From.iVal == -42, "a shorter one");
    From.vt = VT_I4;
    From.lVal = 100000;
    Is((ULONG)CALL(CHANGE, VariantChangeType)(&From, &From, 0, VT_I2), (ULONG)DISP_E_OVERFLOW, "too large for it");
    Is(CALL(CLEAR, VariantClear)(&To), S_OK, "cleared");
    Is(To.vt, VT_EMPTY, "is empty");
}

static void Objects(void)
{
    GUID Guid = {0x12345678, 0x9ABC, 0xDEF0, {1, 2, 3, 4, 5, 6, 7, 8}}, Back, Made;
    WCHAR Text[40];
    void *Object = (void *)1;

    if (!Load("ole32.dll")) {
        return;
    }
    typedef int(WINAPI * TOTEXT)(const GUID *, WCHAR *, int);
    typedef HRESULT(WINAPI * FROMTEXT)(const WCHAR *, GUID *);
    typedef HRESULT(WINAPI * CREATE)(GUID *);
    Is(CALL(TOTEXT, StringFromGUID2)(&Guid, Text, 40), 39, "a GUID as text");
    Ok(wcscmp(Text, L"{12345678-9ABC-DEF0-0102-030405060708}") == 0, "in capitals");
    Is(CALL(TOTEXT, StringFromGUID2)(&Guid, Text, 38), 0, "which needs 39 characters");
    CALL(TOTEXT, StringFromGUID2)(&Guid, Text, 40);
    Ok(CALL(FROMTEXT, CLSIDFromString)(Text, &Back) == S_OK && memcmp(&Back, &Guid, sizeof(Guid)) == 0, "and back");
    Is((ULONG)CALL(FROMTEXT, CLSIDFromString)(L"{12345678}", &Back), (ULONG)CO_E_CLASSSTRING, "not a GUID");
    Ok(CALL(CREATE, CoCreateGuid)(&Made) == S_OK && (Made.Data3 >> 12) == 4 && (Made.Data4[0] >> 6) == 2, "a new one is of version 4");
    typedef HRESULT(WINAPI * INIT)(void *, DWORD);
    typedef void(WINAPI * UNINIT)(void);
    typedef HRESULT(WINAPI * INSTANCE)(const GUID *, void *, DWORD, const GUID *, void **);
    Is((ULONG)CALL(INSTANCE, CoCreateInstance)(&Guid, NULL, 1, &Guid, &Object), (ULONG)CO_E_NOTINITIALIZED, "no apartment yet");
    Is(CALL(INIT, CoInitializeEx)(NULL, 2), S_OK, "a single-threaded apartment");
    Is(CALL(INIT, CoInitializeEx)(NULL, 2), S_FALSE, "a second time");
    Is((ULONG)CALL(INIT, CoInitializeEx)(NULL, 0), (ULONG)RPC_E_CHANGED_MODE, "not another kind");
    Is((ULONG)CALL(INSTANCE, CoCreateInstance)(&Guid, NULL, 1, &Guid, &Object), (ULONG)REGDB_E_CLASSNOTREG, "no such class");
    Ok(Object == NULL, "and no object");
    CALL(UNINIT, CoUninitialize)();
    CALL(UNINIT, CoUninitialize)();
}

static void CheckArguments(const WCHAR *Line, int Expected, const WCHAR *Second, const WCHAR *Third)
{
    int Count = 0;
    LPWSTR *Arguments = CommandLineToArgvW(Line, &Count);

    Ok(Count == Expected && (Count < 2 || wcscmp(Arguments[1], Second) == 0) && (Count < 3 || wcscmp(Arguments[2], Third) == 0), "%ls", Line);
    LocalFree(Arguments);
}

static void Shell(void)
{
    char Upper[] = "abc-1", Buffer[64];
    WCHAR Wide[64];

    CheckArguments(L"a.exe b c", 3, L"b", L"c");
    CheckArguments(L"\"a b.exe\" \"c d\" e", 3, L"c d", L"e");
    CheckArguments(L"a.exe a\\\\b \"c\\\\\"", 3, L"a\\\\b", L"c\\");
    CheckArguments(L"a.exe x\\\"y \"p\\\"q\"", 3, L"x\"y", L"p\"q");
    CheckArguments(L"a.exe \"\" z", 3, L"", L"z");
    Ok(strcmp(CharUpperA(Upper), "ABC-1") == 0 && (ULONG_PTR)CharUpperA((LPSTR)'q') == 'Q', "CharUpper of a string and of a character");
    Is((ULONG)wsprintfA(Buffer, "%05d|%-6s|%#x|%I64u|%c", -42, "ab", 255, 18446744073709551615ull, 'z'), 40, "wsprintf");
    Ok(strcmp(Buffer, "-0042|ab    |0xff|18446744073709551615|z") == 0, "its fields");
    Ok(wsprintfW(Wide, L"%s %S %hs", L"a", "b", "c") == 5 && wcscmp(Wide, L"a b c") == 0, "wide and narrow strings in it");
}

static void Hashes(void)
{
    static const BYTE Expected[] = {0xBA, 0x78, 0x16, 0xBF, 0x8F, 0x01, 0xCF, 0xEA, 0x41, 0x41, 0x40, 0xDE, 0x5D, 0xAE, 0x22, 0x23,
                                    0xB0, 0x03, 0x61, 0xA3, 0x96, 0x17, 0x7A, 0x9C, 0xB4, 0x10, 0xFF, 0x61, 0xF2, 0x00, 0x15, 0xAD};
    BYTE Digest[32] = {0}, Random[2][16] = {{0}};
    BCRYPT_ALG_HANDLE Algorithm = NULL;
    BCRYPT_HASH_HANDLE Hash = NULL;
    ULONG Length = 0, Got = 0;

    if (!Load("bcrypt.dll")) {
        return;
    }
    typedef LONG(WINAPI * OPEN)(BCRYPT_ALG_HANDLE *, const WCHAR *, const WCHAR *, ULONG);
    typedef LONG(WINAPI * PROPERTY)(void *, const WCHAR *, void *, ULONG, ULONG *, ULONG);
    typedef LONG(WINAPI * CREATE)(void *, BCRYPT_HASH_HANDLE *, void *, ULONG, void *, ULONG, ULONG);
    typedef LONG(WINAPI * DATA)(void *, void *, ULONG, ULONG);
    typedef LONG(WINAPI * DESTROY)(void *);
    Is((ULONG)CALL(OPEN, BCryptOpenAlgorithmProvider)(&Algorithm, L"SHA256", NULL, 0), 0, "SHA-256");
    Is((ULONG)CALL(OPEN, BCryptOpenAlgorithmProvider)(&Algorithm, L"NOSUCH", NULL, 0), 0xC0000225, "no such algorithm");
    CALL(OPEN, BCryptOpenAlgorithmProvider)(&Algorithm, L"SHA256", NULL, 0);
    Ok(CALL(PROPERTY, BCryptGetProperty)(Algorithm, L"HashDigestLength", &Length, sizeof(Length), &Got, 0) == 0 && Length == 32 && Got == 4,
       "has 32 bytes");
    Is((ULONG)CALL(CREATE, BCryptCreateHash)(Algorithm, &Hash, NULL, 0, NULL, 0, 0), 0, "a hash");
    CALL(DATA, BCryptHashData)(Hash, "a", 1, 0);
    CALL(DATA, BCryptHashData)(Hash, "bc", 2, 0);
    Is((ULONG)CALL(DATA, BCryptFinishHash)(Hash, Digest, 31, 0), 0xC000000D, "a digest of another length");
    Is((ULONG)CALL(DATA, BCryptFinishHash)(Hash, Digest, 32, 0), 0, "finished");
    Ok(memcmp(Digest, Expected, 32) == 0, "is that of abc");
    Is((ULONG)CALL(DESTROY, BCryptDestroyHash)(Hash), 0, "destroyed");
    Is((ULONG)CALL(DATA, BCryptGenRandom)(NULL, Random[0], 16, 2), 0, "random bytes");
    CALL(DATA, BCryptGenRandom)(NULL, Random[1], 16, 2);
    Ok(memcmp(Random[0], Random[1], 16) != 0, "differ each time");
    Is((ULONG)CALL(DATA, BCryptGenRandom)(NULL, Random[0], 16, 0), 0xC0000008, "no generator named");
}

static void OldCrypto(void)
{
    HCRYPTPROV Provider = 0;
    HCRYPTHASH Hash = 0;
    BYTE Digest[20];
    DWORD Size = sizeof(Digest);
    HKEY Key = (HKEY)1;

    Ok(CryptAcquireContextW(&Provider, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT), "a context without keys");
    Ok(CryptCreateHash(Provider, CALG_SHA1, 0, 0, &Hash) && CryptHashData(Hash, (BYTE *)"abc", 3, 0), "SHA-1");
    Ok(CryptGetHashParam(Hash, HP_HASHVAL, Digest, &Size, 0) && Size == 20 && Digest[0] == 0xA9 && Digest[19] == 0x9D, "of abc");
    Ok(!CryptHashData(Hash, (BYTE *)"d", 1, 0) && GetLastError() == (DWORD)NTE_BAD_HASH_STATE, "takes no more data");
    Ok(CryptDestroyHash(Hash) && CryptReleaseContext(Provider, 0), "released");
    Is((ULONG)RegOpenKeyExA(HKEY_CURRENT_USER, "Software\\Nascent\\NoSuchKey", 0, KEY_READ, &Key), ERROR_FILE_NOT_FOUND, "a key that is not there");
    Is((ULONG)RegOpenKeyExA((HKEY)0x1234, "Software", 0, KEY_READ, &Key), ERROR_INVALID_HANDLE, "below what is no key");
    Is((ULONG)RegOpenKeyExA(HKEY_CURRENT_USER, "Software", 0, KEY_READ, NULL), ERROR_INVALID_PARAMETER, "with nowhere to put it");
    Is((ULONG)RegQueryValueExA(HKEY_CURRENT_USER, "NoSuchValue", NULL, NULL, NULL, NULL), ERROR_FILE_NOT_FOUND, "a value that is not there");
}

/* Stores of which nothing is known but that they can be opened, and that nobody put a "nascent" certificate there. */
static void Certificates(void)
{
    typedef HCERTSTORE(WINAPI * OPEN)(LPCSTR, DWORD, HCRYPTPROV_LEGACY, DWORD, const void *);
    typedef PCCERT_CONTEXT(WINAPI * FINDCERT)(HCERTSTORE, DWORD, DWORD, DWORD, const void *, PCCERT_CONTEXT);
    typedef PCCERT_CONTEXT(WINAPI * ENUM)(HCERTSTORE, PCCERT_CONTEXT);
    typedef BOOL(WINAPI * CLOSE)(HCERTSTORE, DWORD);
    HCERTSTORE Root = CALL(OPEN, CertOpenStore)(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, L"Root"), Memory, Again;

    Ok(Root != NULL, "the roots can be opened");
    Ok(CALL(FINDCERT, CertFindCertificateInStore)(Root, X509_ASN_ENCODING, 0, CERT_FIND_SUBJECT_STR_W, L"nascent of nobody", NULL) == NULL &&
       GetLastError() == (DWORD)CRYPT_E_NOT_FOUND, "one that is not there");
    Ok(CALL(CLOSE, CertCloseStore)(Root, 0), "closed");
    Memory = CALL(OPEN, CertOpenStore)(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL);
    Ok(Memory != NULL && CALL(ENUM, CertEnumCertificatesInStore)(Memory, NULL) == NULL && GetLastError() == (DWORD)CRYPT_E_NOT_FOUND, "a store in memory");
    Again = CALL(HCERTSTORE(WINAPI *)(HCERTSTORE), CertDuplicateStore)(Memory);
    Ok(Again == Memory && CALL(CLOSE, CertCloseStore)(Memory, 0) && CALL(CLOSE, CertCloseStore)(Again, CERT_CLOSE_STORE_CHECK_FLAG), "twice");
    Ok(CALL(OPEN, CertOpenStore)(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER | CERT_STORE_OPEN_EXISTING_FLAG, L"NoSuchStore") == NULL &&
       GetLastError() == ERROR_FILE_NOT_FOUND, "no such store");
    CERT_CHAIN_ENGINE_CONFIG Config = {.cbSize = sizeof(Config)}, Empty = {.cbSize = 0};
    HCERTCHAINENGINE Engine = NULL;
    typedef BOOL(WINAPI * CREATE)(CERT_CHAIN_ENGINE_CONFIG *, HCERTCHAINENGINE *);
    Ok(CALL(CREATE, CertCreateCertificateChainEngine)(&Config, &Engine) && Engine != NULL, "an engine for chains");
    CALL(VOID(WINAPI *)(HCERTCHAINENGINE), CertFreeCertificateChainEngine)(Engine);
    Ok(!CALL(CREATE, CertCreateCertificateChainEngine)(&Empty, &Engine) && GetLastError() == (DWORD)E_INVALIDARG, "a configuration without a size");
}

static void Texts(void)
{
    char Text[32], Path[MAX_PATH];
    BYTE Bytes[8];
    DWORD Size = sizeof(Text);
    typedef BOOL(WINAPI * TOSTRING)(const BYTE *, DWORD, DWORD, char *, DWORD *);
    typedef BOOL(WINAPI * TOBINARY)(const char *, DWORD, DWORD, BYTE *, DWORD *, DWORD *, DWORD *);
    typedef char *(WINAPI * COMBINE)(char *, const char *, const char *);
    typedef char *(WINAPI * FIND)(const char *);
    typedef BOOL(WINAPI * CANONICAL)(char *, const char *);
    typedef BOOL(WINAPI * MATCH)(const char *, const char *);

    if (Load("crypt32.dll")) {
        Ok(CALL(TOSTRING, CryptBinaryToStringA)((BYTE *)"hello", 5, CRYPT_STRING_BASE64 | CRYPT_STRING_NOCRLF, Text, &Size) &&
           strcmp(Text, "aGVsbG8=") == 0 && Size == 8, "base64");
        Size = sizeof(Bytes);
        Ok(CALL(TOBINARY, CryptStringToBinaryA)("aGVs bG8=", 0, CRYPT_STRING_BASE64, Bytes, &Size, NULL, NULL) && Size == 5 &&
           memcmp(Bytes, "hello", 5) == 0, "and back");
        Ok(!CALL(TOBINARY, CryptStringToBinaryA)("a*b=", 0, CRYPT_STRING_BASE64, Bytes, &Size, NULL, NULL) && GetLastError() == ERROR_INVALID_DATA,
           "no base64");
        Certificates();
    }
    if (Load("winhttp.dll")) {
        struct { DWORD Access; LPWSTR Proxy, Bypass; } Proxy = {9, (LPWSTR)1, (LPWSTR)1};
        Ok(CALL(BOOL(WINAPI *)(void *), WinHttpGetDefaultProxyConfiguration)(&Proxy) && Proxy.Access == 1 && Proxy.Proxy == NULL, "no proxy is set");
    }
    if (Load("shlwapi.dll")) {
        Ok(CALL(COMBINE, PathCombineA)(Path, "C:\\a\\b", "..\\c") && strcmp(Path, "C:\\a\\c") == 0, "paths combine");
        Ok(CALL(COMBINE, PathCombineA)(Path, "C:\\a", "\\d") && strcmp(Path, "C:\\d") == 0, "below the root");
        Ok(CALL(CANONICAL, PathCanonicalizeA)(Path, "C:\\a\\.\\b\\..\\..\\..\\c") && strcmp(Path, "C:\\c") == 0, "never above it");
        Ok(strcmp(CALL(FIND, PathFindFileNameA)("C:\\a\\b.txt"), "b.txt") == 0 && strcmp(CALL(FIND, PathFindExtensionA)("C:\\a.d\\b"), "") == 0,
           "names and extensions");
        Ok(CALL(MATCH, PathMatchSpecA)("Report.TXT", "*.c;*.t?t") && !CALL(MATCH, PathMatchSpecA)("a.txt", "*.c"), "patterns");
    }
}

/* Functions whose 0 means success, or a place, or equal: with parameters that Windows refuses, too. */
static void Failures(void)
{
    typedef LONG(WINAPI *LONGS)(const void *, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD);
    typedef BOOL(WINAPI *PROBE)(const void *, UINT_PTR);
    typedef int(WINAPI *FINDTEXT)(LCID, DWORD, LPCWSTR, int, LPCWSTR, int, LPINT);
    DEVMODEA Mode = {.dmSize = 0};

    if (Load("kernel32.dll")) {
        Ok(CALL(PROBE, IsBadHugeReadPtr)((void *)8, 1) && !CALL(PROBE, IsBadHugeReadPtr)(&Mode, 1), "IsBadHugeReadPtr looks");
        Ok(CALL(PROBE, IsBadHugeWritePtr)((void *)8, 1), "so does IsBadHugeWritePtr");
        Ok(CALL(FINDTEXT, FindNLSString)(LOCALE_USER_DEFAULT, 0xFFFFFFFF, L"a", 1, L"a", 1, NULL) == -1, "FindNLSString fails with -1");
        Ok(CALL(LONGS, EnableThreadProfiling)((void *)8, 0, 0, 0, 0, 0, 0) != 0, "EnableThreadProfiling fails with an error");
    }
    if (Load("user32.dll")) {
        Ok(CALL(LONGS, ChangeDisplaySettingsA)(&Mode, CDS_TEST, 0, 0, 0, 0, 0) != DISP_CHANGE_SUCCESSFUL, "ChangeDisplaySettings");
        Ok(CALL(LONGS, GetMenuItemCount)(NULL, 0, 0, 0, 0, 0, 0) == -1, "GetMenuItemCount");
        CALL(void(WINAPI *)(DWORD, DWORD), SetLastErrorEx)(1234, 0);
        Ok(GetLastError() == 1234, "SetLastErrorEx sets it");
    }
    if (Load("gdi32.dll")) {
        Ok(CALL(LONGS, GetPath)(NULL, 0, 0, 0, 0, 0, 0) == -1, "GetPath");
    }
    if (Load("winmm.dll")) {
        Ok(CALL(LONGS, mmioRead)(NULL, 0, 0, 0, 0, 0, 0) == -1, "mmioRead");
    }
    if (Load("setupapi.dll")) {
        Ok(CALL(LONGS, SetupGetFileCompressionInfoA)(NULL, 0, 0, 0, 0, 0, 0) != 0, "SetupGetFileCompressionInfo");
    }
}

typedef int(WINAPI *COMPAREW)(LPCWSTR, LPCWSTR);
typedef int(WINAPI *COMPARENA)(LPCSTR, LPCSTR, int);

static void Comparisons(void)
{
    if (Load("shlwapi.dll")) {
        Ok(CALL(COMPAREW, StrCmpCW)(L"B", L"a") < 0 && CALL(COMPAREW, StrCmpCW)(L"a", L"a") == 0, "StrCmpC compares codes");
        Ok(CALL(COMPAREW, StrCmpICW)(L"B", L"a") > 0 && CALL(COMPAREW, StrCmpICW)(L"\xC4", L"\xE4") != 0, "StrCmpIC folds ASCII only");
        Ok(CALL(COMPARENA, StrCmpNCA)("ab", "ac", 1) == 0 && CALL(COMPARENA, StrCmpNCA)("ab", "ac", 2) < 0, "StrCmpNC");
        Ok(CALL(COMPARENA, StrCmpNICA)("Ab", "aC", 2) < 0 && CALL(COMPARENA, StrCmpNICA)("Ab", "aB", 2) == 0, "StrCmpNIC");
        Ok(CALL(BOOL(WINAPI *)(WORD, WORD), ChrCmpIA)('a', 'b') && !CALL(BOOL(WINAPI *)(WORD, WORD), ChrCmpIA)('a', 'A'), "ChrCmpI");
    }
    if (Load("shell32.dll")) {
        Ok(CALL(COMPARENA, StrCmpNA)("ab", "ac", 2) < 0, "shell32 has shlwapi's");
    }
}

#define UNAVAILABLE 1722 /* RPC_S_SERVER_UNAVAILABLE */

static LONG CALLBACK EndThread(PEXCEPTION_POINTERS Pointers)
{
    if (Pointers->ExceptionRecord->ExceptionCode == UNAVAILABLE) {
        ExitThread(UNAVAILABLE);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static DWORD WINAPI Raise(LPVOID Function)
{
    ((void(WINAPI *)(LONG))Function)(UNAVAILABLE);
    return 0;
}

static void RaisedByRpc(void)
{
    DWORD Code = 0;

    if (Load("rpcrt4.dll")) {
        PVOID Handler = AddVectoredExceptionHandler(1, EndThread);
        HANDLE Thread = CreateThread(NULL, 0, Raise, Find("RpcRaiseException"), 0, NULL);
        WaitForSingleObject(Thread, INFINITE);
        GetExitCodeThread(Thread, &Code);
        Ok(Code == UNAVAILABLE, "RpcRaiseException raises it");
        CloseHandle(Thread);
        RemoveVectoredExceptionHandler(Handler);
    }
}

int main(void)
{
    Sockets();
    Strings();
    Objects();
    Shell();
    Hashes();
    OldCrypto();
    Texts();
    Failures();
    Comparisons();
    RaisedByRpc();
    return Done();
}
