/* SPDX-License-Identifier: MIT */
/*
 * sddl.c - security descriptors as text and back ([MS-DTYP] 2.5.1).
 *
 *      O:BA G:SY D:PAI(A;OICI;GA;;;BA)(D;;0x1f0003;;;WD) S:(ML;;NW;;;LW)
 *
 * An entry has six fields: type; flags; rights; object type; inherited object type; SID.  Rights are a number or two-letter names one after another; on the
 * way back a mask is written with names if names make it up exactly, else as a number, as Windows does it.  Conditional and resource-attribute
 * entries (XA, RA) are not understood: ERROR_INVALID_ACL.
 */
#include "adv.h"

typedef struct _SDDL_NAME
{
    WCHAR Name[3];
    DWORD Value;
} SDDL_NAME;

static const SDDL_NAME Types[] = {
    {L"A", ACCESS_ALLOWED_ACE_TYPE}, {L"D", ACCESS_DENIED_ACE_TYPE}, {L"OA", ACCESS_ALLOWED_OBJECT_ACE_TYPE},
    {L"OD", ACCESS_DENIED_OBJECT_ACE_TYPE}, {L"AU", SYSTEM_AUDIT_ACE_TYPE}, {L"AL", SYSTEM_ALARM_ACE_TYPE},
    {L"OU", SYSTEM_AUDIT_OBJECT_ACE_TYPE}, {L"OL", SYSTEM_ALARM_OBJECT_ACE_TYPE}, {L"ML", SYSTEM_MANDATORY_LABEL_ACE_TYPE},
};
static const SDDL_NAME Flags[] = {
    {L"OI", OBJECT_INHERIT_ACE}, {L"CI", CONTAINER_INHERIT_ACE}, {L"NP", NO_PROPAGATE_INHERIT_ACE}, {L"IO", INHERIT_ONLY_ACE},
    {L"ID", INHERITED_ACE}, {L"SA", SUCCESSFUL_ACCESS_ACE_FLAG}, {L"FA", FAILED_ACCESS_ACE_FLAG},
};
/* Combinations first: a mask is looked for among them before it is taken apart. */
static const SDDL_NAME Combined[] = {
    {L"FA", FILE_ALL_ACCESS}, {L"FR", FILE_GENERIC_READ}, {L"FW", FILE_GENERIC_WRITE}, {L"FX", FILE_GENERIC_EXECUTE},
    {L"KA", KEY_ALL_ACCESS}, {L"KR", KEY_READ}, {L"KW", KEY_WRITE}, {L"KX", KEY_EXECUTE},
};
static const SDDL_NAME Rights[] = { /* in the order Windows writes them */
    {L"CC", 0x1}, {L"DC", 0x2}, {L"LC", 0x4}, {L"SW", 0x8}, {L"RP", 0x10}, {L"WP", 0x20}, {L"DT", 0x40}, {L"LO", 0x80}, {L"CR", 0x100},
    {L"SD", DELETE}, {L"RC", READ_CONTROL}, {L"WD", WRITE_DAC}, {L"WO", WRITE_OWNER},
    {L"GA", GENERIC_ALL}, {L"GX", GENERIC_EXECUTE}, {L"GW", GENERIC_WRITE}, {L"GR", GENERIC_READ},
};
static const SDDL_NAME LabelRights[] = {
    {L"NW", SYSTEM_MANDATORY_LABEL_NO_WRITE_UP}, {L"NR", SYSTEM_MANDATORY_LABEL_NO_READ_UP}, {L"NX", SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP},
};

/* ---- text to descriptor ------------------------------------------------------------------------------------------------------------------- */

static LPCWSTR SkipSpace(LPCWSTR Text)
{
    while (*Text == ' ' || *Text == '\t' || *Text == '\r' || *Text == '\n') {
        Text++;
    }
    return Text;
}

static bool IsLetter(WCHAR Character)
{
    return (Character | 0x20) >= 'a' && (Character | 0x20) <= 'z';
}

static LPCWSTR MatchName(LPCWSTR Text, const SDDL_NAME *Names, ULONG Count, DWORD *Value)
{
    for (ULONG i = 0; i < Count; i++) {
        size_t Length = wcslen(Names[i].Name);
        if (_wcsnicmp(Text, Names[i].Name, Length) == 0 && (Length == 2 || !IsLetter(Text[1]))) {
            *Value = Names[i].Value;
            return Text + Length;
        }
    }
    return NULL;
}

static LPCWSTR ParseMask(LPCWSTR Text, DWORD *Mask)
{
    *Mask = 0;
    if (*Text >= '0' && *Text <= '9') {
        ULONG Base = Text[0] == '0' && (Text[1] | 0x20) == 'x' ? 16 : *Text == '0' ? 8 : 10;
        WCHAR *End;
        *Mask = wcstoul(Text, &End, (int)Base);
        return End;
    }
    while (IsLetter(*Text)) {
        DWORD Value;
        LPCWSTR Next = MatchName(Text, Rights, COUNT_OF(Rights), &Value);
        if (Next == NULL) {
            Next = MatchName(Text, Combined, COUNT_OF(Combined), &Value);
        }
        if (Next == NULL) {
            Next = MatchName(Text, LabelRights, COUNT_OF(LabelRights), &Value);
        }
        if (Next == NULL) {
            return NULL;
        }
        *Mask |= Value;
        Text = SkipSpace(Next);
    }
    return Text;
}

static int HexDigit(WCHAR Character)
{
    if (Character >= '0' && Character <= '9') {
        return Character - '0';
    }
    return (Character | 0x20) >= 'a' && (Character | 0x20) <= 'f' ? (Character | 0x20) - 'a' + 10 : -1;
}

static LPCWSTR ParseHex(LPCWSTR Text, int Digits, ULONG *Value)
{
    for (*Value = 0; Digits != 0; Digits--, Text++) {
        if (HexDigit(*Text) < 0) {
            return NULL;
        }
        *Value = *Value << 4 | (ULONG)HexDigit(*Text);
    }
    return Text;
}

/* 8-4-4-4-12 digits, without braces. */
static LPCWSTR ParseGuid(LPCWSTR Text, GUID *Guid)
{
    ULONG Value;

    Text = ParseHex(Text, 8, &Value);
    Guid->Data1 = Value;
    for (int i = 0; i < 2 && Text != NULL; i++) {
        Text = *Text == '-' ? ParseHex(Text + 1, 4, &Value) : NULL;
        *(i == 0 ? &Guid->Data2 : &Guid->Data3) = (USHORT)Value;
    }
    for (int i = 0; i < 8 && Text != NULL; i++) {
        if (i == 0 || i == 2) {
            Text = *Text == '-' ? Text + 1 : NULL;
        }
        Text = Text != NULL ? ParseHex(Text, 2, &Value) : NULL;
        Guid->Data4[i] = (UCHAR)Value;
    }
    return Text;
}

static LPCWSTR Semicolon(LPCWSTR Text)
{
    if (Text == NULL) {
        return NULL;
    }
    Text = SkipSpace(Text);
    return *Text == ';' ? SkipSpace(Text + 1) : NULL;
}

typedef struct _SDDL_ACL
{
    UCHAR *Buffer, *End; /* NULL: only Size is counted */
    ULONG Size;
    ULONG Count;
    UCHAR Revision;
} SDDL_ACL;

static void PutBytes(SDDL_ACL *Acl, const VOID *Bytes, ULONG Size)
{
    if (Acl->Buffer != NULL) {
        memcpy(Acl->End, Bytes, Size);
        Acl->End += Size;
    }
    Acl->Size += Size;
}

static DWORD ParseAce(LPCWSTR *Position, SDDL_ACL *Acl)
{
    UCHAR Sid[LONGEST_SID + 8] __attribute__((aligned(8)));
    GUID Guid[2];
    DWORD Type = 0, AceFlags = 0, Mask = 0, Value = 0, Present = 0;
    LPCWSTR Text = SkipSpace(*Position + 1);

    Text = Semicolon(MatchName(Text, Types, COUNT_OF(Types), &Type));
    while (Text != NULL && *Text != ';') {
        Text = MatchName(Text, Flags, COUNT_OF(Flags), &Value);
        AceFlags |= Value;
        Text = Text != NULL ? SkipSpace(Text) : NULL;
    }
    Text = Semicolon(Text);
    Text = Text != NULL ? ParseMask(Text, &Mask) : NULL;
    for (int i = 0; i < 2; i++) {
        Text = Semicolon(Text);
        if (Text != NULL && *Text != ';') {
            Text = ParseGuid(Text, &Guid[i]);
            Present |= 1u << i;
        }
    }
    Text = Semicolon(Text);
    if (Text == NULL) {
        return ERROR_INVALID_ACL;
    }
    Text = AdvParseSid(Text, Sid);
    if (Text == NULL) {
        return ERROR_INVALID_SID;
    }
    Text = SkipSpace(Text);
    bool Object = Type >= ACCESS_ALLOWED_OBJECT_ACE_TYPE && Type <= SYSTEM_ALARM_OBJECT_ACE_TYPE;
    if (*Text != ')' || (Present != 0 && !Object)) {
        return ERROR_INVALID_ACL;
    }
    struct { ACE_HEADER Header; DWORD Mask; } Head = {{(BYTE)Type, (BYTE)AceFlags, 0}, Mask};
    Head.Header.AceSize = (USHORT)(sizeof(Head) + RtlLengthSid(Sid) + (Object ? 4 + (Present & 1) * 16 + (Present >> 1) * 16 : 0));
    PutBytes(Acl, &Head, sizeof(Head));
    if (Object) {
        Acl->Revision = ACL_REVISION_DS;
        PutBytes(Acl, &Present, sizeof(Present));
        for (int i = 0; i < 2; i++) {
            if (Present & (1u << i)) {
                PutBytes(Acl, &Guid[i], sizeof(GUID));
            }
        }
    }
    PutBytes(Acl, Sid, RtlLengthSid(Sid));
    Acl->Count++;
    *Position = SkipSpace(Text + 1);
    return ERROR_SUCCESS;
}

/* Flags, then entries.  The ACL is made with AdvAllocate; *Acl stays NULL for NO_ACCESS_CONTROL. */
static DWORD ParseAcl(LPCWSTR *Position, bool Dacl, SECURITY_DESCRIPTOR_CONTROL *Control, PACL *Result)
{
    SDDL_ACL Acl = {.Size = sizeof(ACL), .Revision = ACL_REVISION};
    LPCWSTR Text = SkipSpace(*Position), First;
    DWORD Error = ERROR_SUCCESS;

    *Control |= Dacl ? SE_DACL_PRESENT : SE_SACL_PRESENT;
    if (_wcsnicmp(Text, L"NO_ACCESS_CONTROL", 17) == 0) {
        *Position = SkipSpace(Text + 17);
        return ERROR_SUCCESS;
    }
    for (;; Text = SkipSpace(Text)) {
        if ((*Text & ~0x20) == 'P') {
            *Control |= Dacl ? SE_DACL_PROTECTED : SE_SACL_PROTECTED;
            Text++;
        } else if (_wcsnicmp(Text, L"AR", 2) == 0) {
            *Control |= Dacl ? SE_DACL_AUTO_INHERIT_REQ : SE_SACL_AUTO_INHERIT_REQ;
            Text += 2;
        } else if (_wcsnicmp(Text, L"AI", 2) == 0) {
            *Control |= Dacl ? SE_DACL_AUTO_INHERITED : SE_SACL_AUTO_INHERITED;
            Text += 2;
        } else {
            break;
        }
    }
    for (First = Text; *Text == '(' && Error == ERROR_SUCCESS;) {
        Error = ParseAce(&Text, &Acl);
    }
    if (Error == ERROR_SUCCESS && Acl.Size > 0xFFFC) {
        Error = ERROR_INVALID_ACL;
    }
    if (Error != ERROR_SUCCESS) {
        return Error;
    }
    *Position = Text;
    *Result = AdvAllocate(Acl.Size);
    if (*Result == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    **Result = (ACL){Acl.Revision, 0, (USHORT)Acl.Size, (USHORT)Acl.Count, 0};
    Acl.Buffer = (UCHAR *)*Result;
    Acl.End = (UCHAR *)(*Result + 1);
    for (Text = First; *Text == '(';) {
        ParseAce(&Text, &Acl);
    }
    return ERROR_SUCCESS;
}

typedef struct _SDDL_PARTS
{
    UCHAR Owner[SECURITY_MAX_SID_SIZE + 12], Group[SECURITY_MAX_SID_SIZE + 12];
    bool HasOwner, HasGroup;
    PACL Dacl, Sacl;
    SECURITY_DESCRIPTOR_CONTROL Control;
} __attribute__((aligned(8))) SDDL_PARTS;

static DWORD ParsePart(LPCWSTR *Position, SDDL_PARTS *Parts)
{
    WCHAR Which = *Position[0] & (WCHAR)~0x20;
    LPCWSTR Text = SkipSpace(*Position + 1), End;

    if (*Text != ':') {
        return ERROR_INVALID_PARAMETER;
    }
    Text = SkipSpace(Text + 1);
    switch (Which) {
    case 'O':
    case 'G':
        if (Which == 'O' ? Parts->HasOwner : Parts->HasGroup) {
            return ERROR_INVALID_PARAMETER;
        }
        End = AdvParseSid(Text, Which == 'O' ? Parts->Owner : Parts->Group);
        if (End == NULL) {
            return ERROR_INVALID_OWNER + (Which == 'G'); /* ERROR_INVALID_PRIMARY_GROUP is the next */
        }
        *(Which == 'O' ? &Parts->HasOwner : &Parts->HasGroup) = true;
        *Position = SkipSpace(End);
        return ERROR_SUCCESS;
    case 'D':
    case 'S':
        if (Parts->Control & (Which == 'D' ? SE_DACL_PRESENT : SE_SACL_PRESENT)) {
            return ERROR_INVALID_PARAMETER;
        }
        *Position = Text;
        return ParseAcl(Position, Which == 'D', &Parts->Control, Which == 'D' ? &Parts->Dacl : &Parts->Sacl);
    default:
        return ERROR_INVALID_PARAMETER;
    }
}

static DWORD MakeRelative(SDDL_PARTS *Parts, PSECURITY_DESCRIPTOR *Result, PULONG Size)
{
    SECURITY_DESCRIPTOR Absolute;
    ULONG Length = 0;

    RtlCreateSecurityDescriptor(&Absolute, SECURITY_DESCRIPTOR_REVISION);
    Absolute.Owner = Parts->HasOwner ? Parts->Owner : NULL;
    Absolute.Group = Parts->HasGroup ? Parts->Group : NULL;
    Absolute.Dacl = Parts->Dacl;
    Absolute.Sacl = Parts->Sacl;
    Absolute.Control = Parts->Control;
    RtlAbsoluteToSelfRelativeSD(&Absolute, NULL, &Length);
    *Result = AdvAllocate(Length);
    if (*Result == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (Size != NULL) {
        *Size = Length;
    }
    return AdvError(RtlAbsoluteToSelfRelativeSD(&Absolute, *Result, &Length));
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR Text, DWORD Revision, PSECURITY_DESCRIPTOR *Descriptor, PULONG Size)
{
    SDDL_PARTS Parts = {0};
    DWORD Error = ERROR_SUCCESS;

    if (Text == NULL || Descriptor == NULL) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    if (Revision != SDDL_REVISION_1) {
        return AdvFail(ERROR_UNKNOWN_REVISION);
    }
    for (Text = SkipSpace(Text); *Text != 0 && Error == ERROR_SUCCESS;) {
        Error = ParsePart(&Text, &Parts);
    }
    if (Error == ERROR_SUCCESS) {
        Error = MakeRelative(&Parts, Descriptor, Size);
    }
    AdvFree(Parts.Dacl);
    AdvFree(Parts.Sacl);
    return Error == ERROR_SUCCESS || AdvFail(Error);
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR Text, DWORD Revision, PSECURITY_DESCRIPTOR *Descriptor, PULONG Size)
{
    LPWSTR Wide = AdvWide(Text);
    BOOL Done = (Text == NULL || Wide != NULL) && ConvertStringSecurityDescriptorToSecurityDescriptorW(Wide, Revision, Descriptor, Size);

    AdvFree(Wide);
    return Done;
}

/* ---- descriptor to text --------------------------------------------------------------------------------------------------------------------- */

typedef struct _SDDL_OUT
{
    LPWSTR Text; /* NULL: only counted */
    ULONG Length;
} SDDL_OUT;

static void Put(SDDL_OUT *Out, LPCWSTR Text)
{
    for (; *Text != 0; Text++) {
        if (Out->Text != NULL) {
            Out->Text[Out->Length] = *Text;
        }
        Out->Length++;
    }
}

static void PutSid(SDDL_OUT *Out, PSID Sid)
{
    WCHAR Text[200];
    LPCWSTR Alias = AdvSidAlias(Sid);

    if (Alias == NULL) {
        AdvSidText(Sid, Text);
    }
    Put(Out, Alias != NULL ? Alias : Text);
}

static void PutHex(SDDL_OUT *Out, DWORD Value, int Digits)
{
    WCHAR Text[9];
    int At = 8;

    Text[8] = 0;
    do {
        Text[--At] = L"0123456789abcdef"[Value & 15];
        Value >>= 4;
    } while (Value != 0 || 8 - At < Digits);
    Put(Out, Text + At);
}

static void PutMask(SDDL_OUT *Out, DWORD Mask, bool Label)
{
    const SDDL_NAME *Names = Label ? LabelRights : Rights;
    ULONG Count = Label ? COUNT_OF(LabelRights) : COUNT_OF(Rights);
    DWORD Rest = Mask;

    for (ULONG i = 0; !Label && i < COUNT_OF(Combined); i++) {
        if (Combined[i].Value == Mask) {
            Put(Out, Combined[i].Name);
            return;
        }
    }
    for (ULONG i = 0; i < Count; i++) {
        Rest &= ~Names[i].Value;
    }
    if (Rest != 0) {
        Put(Out, L"0x");
        PutHex(Out, Mask, 1);
        return;
    }
    for (ULONG i = 0; i < Count; i++) {
        if (Mask & Names[i].Value) {
            Put(Out, Names[i].Name);
        }
    }
}

static void PutGuid(SDDL_OUT *Out, const GUID *Guid)
{
    PutHex(Out, Guid->Data1, 8);
    Put(Out, L"-");
    PutHex(Out, Guid->Data2, 4);
    Put(Out, L"-");
    PutHex(Out, Guid->Data3, 4);
    for (int i = 0; i < 8; i++) {
        if (i == 0 || i == 2) {
            Put(Out, L"-");
        }
        PutHex(Out, Guid->Data4[i], 2);
    }
}

static bool PutAce(SDDL_OUT *Out, const ACE_HEADER *Ace)
{
    const DWORD *Body = (const DWORD *)(Ace + 1); /* the mask, then for object entries: what is present */
    const UCHAR *Rest = (const UCHAR *)(Body + 1);
    bool Object = Ace->AceType >= ACCESS_ALLOWED_OBJECT_ACE_TYPE && Ace->AceType <= SYSTEM_ALARM_OBJECT_ACE_TYPE;
    DWORD Present = 0;
    ULONG Type = 0;

    while (Type < COUNT_OF(Types) && Types[Type].Value != Ace->AceType) {
        Type++;
    }
    if (Type == COUNT_OF(Types)) {
        return false;
    }
    Put(Out, L"(");
    Put(Out, Types[Type].Name);
    Put(Out, L";");
    for (ULONG i = 0; i < COUNT_OF(Flags); i++) {
        if (Ace->AceFlags & Flags[i].Value) {
            Put(Out, Flags[i].Name);
        }
    }
    Put(Out, L";");
    PutMask(Out, Body[0], Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE);
    if (Object) {
        Present = Body[1];
        Rest += sizeof(DWORD);
    }
    for (int i = 0; i < 2; i++) {
        Put(Out, L";");
        if (Present & (1u << i)) {
            PutGuid(Out, (const GUID *)Rest);
            Rest += sizeof(GUID);
        }
    }
    Put(Out, L";");
    PutSid(Out, (PSID)Rest);
    Put(Out, L")");
    return true;
}

/* Which: 0 all entries, 1 the labels only, 2 all but the labels. */
static bool PutAcl(SDDL_OUT *Out, LPCWSTR Head, PACL Acl, SECURITY_DESCRIPTOR_CONTROL Control, int Which)
{
    ACE_HEADER *Ace;

    Put(Out, Head);
    if (Control & (SE_DACL_PROTECTED | SE_SACL_PROTECTED)) {
        Put(Out, L"P");
    }
    if (Control & (SE_DACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERIT_REQ)) {
        Put(Out, L"AR");
    }
    if (Control & (SE_DACL_AUTO_INHERITED | SE_SACL_AUTO_INHERITED)) {
        Put(Out, L"AI");
    }
    if (Acl == NULL) {
        Put(Out, L"NO_ACCESS_CONTROL");
        return true;
    }
    Ace = (ACE_HEADER *)(Acl + 1);
    for (USHORT i = 0; i < Acl->AceCount; i++, Ace = (ACE_HEADER *)((UCHAR *)Ace + Ace->AceSize)) {
        bool Label = Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
        if ((Which == 1 && !Label) || (Which == 2 && Label)) {
            continue;
        }
        if (!PutAce(Out, Ace)) {
            return false;
        }
    }
    return true;
}

static bool PutDescriptor(SDDL_OUT *Out, PSECURITY_DESCRIPTOR Descriptor, SECURITY_INFORMATION Information)
{
    SECURITY_DESCRIPTOR_CONTROL Control;
    BOOLEAN Present = FALSE, Defaulted;
    ULONG Revision;
    bool Good = true;
    PSID Sid = NULL;
    PACL Acl = NULL;

    RtlGetControlSecurityDescriptor(Descriptor, &Control, &Revision);
    if ((Information & OWNER_SECURITY_INFORMATION) && NT_SUCCESS(RtlGetOwnerSecurityDescriptor(Descriptor, &Sid, &Defaulted)) && Sid != NULL) {
        Put(Out, L"O:");
        PutSid(Out, Sid);
    }
    if ((Information & GROUP_SECURITY_INFORMATION) && NT_SUCCESS(RtlGetGroupSecurityDescriptor(Descriptor, &Sid, &Defaulted)) && Sid != NULL) {
        Put(Out, L"G:");
        PutSid(Out, Sid);
    }
    if (Information & DACL_SECURITY_INFORMATION) {
        RtlGetDaclSecurityDescriptor(Descriptor, &Present, &Acl, &Defaulted);
        if (Present) {
            Good = PutAcl(Out, L"D:", Acl, Control & (SE_DACL_PROTECTED | SE_DACL_AUTO_INHERIT_REQ | SE_DACL_AUTO_INHERITED), 0);
        }
    }
    if (Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) {
        Present = FALSE;
        RtlGetSaclSecurityDescriptor(Descriptor, &Present, &Acl, &Defaulted);
        if (Present) {
            int Which = !(Information & SACL_SECURITY_INFORMATION) ? 1 : !(Information & LABEL_SECURITY_INFORMATION) ? 2 : 0;
            Good = PutAcl(Out, L"S:", Acl, Control & (SE_SACL_PROTECTED | SE_SACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERITED), Which) && Good;
        }
    }
    return Good;
}

BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorW(PSECURITY_DESCRIPTOR Descriptor, DWORD Revision, SECURITY_INFORMATION Information,
                                                                 LPWSTR *Text, PULONG Length)
{
    SDDL_OUT Out = {0};

    if (Descriptor == NULL || Text == NULL) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    if (Revision != SDDL_REVISION_1) {
        return AdvFail(ERROR_UNKNOWN_REVISION);
    }
    if (!RtlValidSecurityDescriptor(Descriptor)) {
        return AdvFail(ERROR_INVALID_SECURITY_DESCR);
    }
    if (!PutDescriptor(&Out, Descriptor, Information)) {
        return AdvFail(ERROR_INVALID_ACL);
    }
    Out.Text = AdvAllocate((Out.Length + 1) * sizeof(WCHAR));
    if (Out.Text == NULL) {
        return FALSE;
    }
    Out.Length = 0;
    PutDescriptor(&Out, Descriptor, Information);
    *Text = Out.Text;
    if (Length != NULL) {
        *Length = Out.Length + 1;
    }
    return TRUE;
}

BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorA(PSECURITY_DESCRIPTOR Descriptor, DWORD Revision, SECURITY_INFORMATION Information,
                                                                 LPSTR *Text, PULONG Length)
{
    LPWSTR Wide;
    ULONG Size;

    if (Text == NULL) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    if (!ConvertSecurityDescriptorToStringSecurityDescriptorW(Descriptor, Revision, Information, &Wide, &Size)) {
        return FALSE;
    }
    *Text = AdvAllocate(Size);
    DWORD Bytes = Size;
    if (*Text != NULL) {
        AdvCopyAnsi(Wide, *Text, &Bytes);
        if (Length != NULL) {
            *Length = Size;
        }
    }
    AdvFree(Wide);
    return *Text != NULL;
}
