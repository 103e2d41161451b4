/* SPDX-License-Identifier: MIT */
/*
 * iop.h - what the files of io/ share.  The life of a request, and which file has which part of it:
 *
 *   service (read.c control.c query.c ...)  reference the handle's file, probe, capture, build an IRP
 *   request.c     the common head and tail of all those services: file lock, events, waiting
 *   irp.c         allocation;  complete.c  IofCallDriver, IofCompleteRequest and the last stage, which runs as a special kernel APC
 *                 in the requesting thread, because only there are the user's addresses valid
 *   cancel.c      cancellation, thread exit
 *
 * Locks, outermost first: the file object lock (synchronous handles: one request at a time), a driver's own
 * locks, IopCancelLock, IopDatabaseLock (device reference counts, attachments, VPBs; a spin lock, nothing
 * is called under it).
 */
#ifndef NASCENT_IOP_H
#define NASCENT_IOP_H

#include "ps.h"
#include "io.h"
#include "arch.h"
#include "kd.h"

#define IOP_TAG_IRP POOL_TAG('I', 'r', 'p', ' ')
#define IOP_TAG_BUFFER POOL_TAG('I', 'o', 'S', 'B')
#define IOP_TAG_NAME POOL_TAG('I', 'o', 'N', 'm')
#define IOP_TAG_VPB POOL_TAG('V', 'p', 'b', ' ')
#define IOP_TAG_MDL POOL_TAG('M', 'd', 'l', ' ')
#define IOP_TAG_MISC POOL_TAG('I', 'o', ' ', ' ')
#define IOP_TAG_DRIVER POOL_TAG('D', 'r', 'v', 'r')
#define IOP_TAG_PORT POOL_TAG('I', 'c', 'p', ' ')

#define IO_TYPE_OPEN_PACKET_ 7
#define IO_TYPE_DEVICE_OBJECT_EXTENSION_ 13

/* ABI: checked once, here. */
static_assert(sizeof(IRP) == 0xD0, "IRP");
static_assert(sizeof(IO_STACK_LOCATION) == 0x48, "IO_STACK_LOCATION");
static_assert(sizeof(FILE_OBJECT) == 0xD8, "FILE_OBJECT");
/* Windows aligns it to 16, which mingw's header does not say: the device extension begins at this offset. */
#define IOP_DEVICE_OBJECT_SIZE 0x150
static_assert(sizeof(DEVICE_OBJECT) <= IOP_DEVICE_OBJECT_SIZE && offsetof(DEVICE_OBJECT, DeviceObjectExtension) == 0x138, "DEVICE_OBJECT");
static_assert(sizeof(DRIVER_OBJECT) == 0x150, "DRIVER_OBJECT");
static_assert(offsetof(IRP, IoStatus) == 0x30 && offsetof(IRP, CancelRoutine) == 0x68 && offsetof(IRP, UserBuffer) == 0x70 &&
              offsetof(IRP, Tail) == 0x78, "IRP");
static_assert(offsetof(FILE_OBJECT, FsContext) == 0x18 && offsetof(FILE_OBJECT, FileName) == 0x58 && offsetof(FILE_OBJECT, Event) == 0x98,
              "FILE_OBJECT");
static_assert(offsetof(DEVICE_OBJECT, DeviceExtension) == 0x40 && offsetof(DEVICE_OBJECT, DeviceQueue) == 0xA0, "DEVICE_OBJECT");
static_assert(offsetof(DRIVER_OBJECT, MajorFunction) == 0x70, "DRIVER_OBJECT");
static_assert(sizeof(VPB) == 0x60 && sizeof(IO_WORKITEM_ROUTINE *) == 8, "VPB");

/* What DEVICE_OBJECT.DeviceObjectExtension points to; the public DEVOBJ_EXTENSION is its head. */
typedef struct _IOP_DEVICE_EXTENSION
{
    CSHORT Type;
    USHORT Size;
    PDEVICE_OBJECT DeviceObject;
    ULONG PowerFlags;
    PVOID Dope;
    ULONG ExtensionFlags;            /* DOE_*; IopDatabaseLock */
    PVOID DeviceNode;
    PDEVICE_OBJECT AttachedTo;       /* IopDatabaseLock */
    LONG StartIoCount, StartIoKey;
    ULONG StartIoFlags;
    PVPB Vpb;
} IOP_DEVICE_EXTENSION;

#define DOE_UNLOAD_PENDING 0x1u
#define DOE_DELETE_PENDING 0x2u
#define DOE_REMOVE_PENDING 0x4u
#define DOE_EXCLUSIVE_OPEN 0x10u     /* ours: an exclusive device has its one open */

#define DRVO_UNLOAD_INVOKED_ 0x1u
#define DRVO_INITIALIZED_ 0x10u

/* What an open wants from the parse procedures; travels as the parse context. */
typedef struct _IOP_OPEN_PACKET
{
    CSHORT Type, Size;
    NTSTATUS FinalStatus;            /* the driver's; STATUS_SUCCESS until the parse procedure has run */
    BOOLEAN Parsed;                  /* the parse procedure was reached: the name leads to a device */
    BOOLEAN TargetDirectory;         /* IO_OPEN_TARGET_DIRECTORY */
    ULONG_PTR Information;           /* FILE_OPENED ... */
    PFILE_OBJECT FileObject;         /* the file opened; referenced by whoever got it from ob */
    PDEVICE_OBJECT DeviceHint;       /* IoCreateFileSpecifyDeviceObjectHint */
    LARGE_INTEGER AllocationSize;
    ULONG CreateOptions, Disposition, Options; /* Options: IO_* */
    USHORT FileAttributes, ShareAccess;
    PVOID EaBuffer;
    ULONG EaLength;
    CREATE_FILE_TYPE CreateFileType;
    PVOID CreateParameters;          /* named pipe, mailslot */
} IOP_OPEN_PACKET;

#define IO_COMPLETION_QUERY_STATE_ 1u
#define IO_COMPLETION_MODIFY_STATE_ 2u
#define IO_COMPLETION_ALL_ACCESS_ (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3u)
extern POBJECT_TYPE IopFileObjectType, IopDeviceObjectType, IopDriverObjectType, IopCompletionObjectType;
extern const GENERIC_MAPPING IopFileMapping;
extern KSPIN_LOCK IopDatabaseLock;
extern PSECURITY_DESCRIPTOR IopPublicDescriptor; /* Everyone: read, write, execute; system and administrators: all */

static inline IOP_DEVICE_EXTENSION *IopExtension(PDEVICE_OBJECT Device) { return (IOP_DEVICE_EXTENSION *)Device->DeviceObjectExtension; }
static inline BOOLEAN IopIsSynchronous(PFILE_OBJECT File) { return (File->Flags & FO_SYNCHRONOUS_IO) != 0; }
static inline PFAST_IO_DISPATCH IopFastIo(PDEVICE_OBJECT Device) { return Device->DriverObject->FastIoDispatch; }
/* Whether a driver's table, which may be an older and shorter one, has the entry. */
#define IOP_HAS_FAST_IO(t, f) ((t) != NULL && (t)->SizeOfFastIoDispatch >= offsetof(FAST_IO_DISPATCH, f) + sizeof(PVOID) && (t)->f != NULL)

/* parse.c, file.c */
NTSTATUS IopParseDevice(PVOID ParseObject, PVOID ObjectType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                        PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PSECURITY_QUALITY_OF_SERVICE Qos, PVOID *Object);
NTSTATUS IopParseFile(PVOID ParseObject, PVOID ObjectType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                      PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PSECURITY_QUALITY_OF_SERVICE Qos, PVOID *Object);
void IopCloseFile(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount);
void IopDeleteFile(PVOID Object);
NTSTATUS IopQueryFileName(PVOID Object, BOOLEAN HasObjectName, POBJECT_NAME_INFORMATION Information, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode);
NTSTATUS IopGetSetSecurity(PVOID Object, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                           PULONG CapturedLength, PSECURITY_DESCRIPTOR *ObjectsDescriptor, POOL_TYPE PoolType, PGENERIC_MAPPING Mapping);
NTSTATUS IopCreateFileObject(PDEVICE_OBJECT Device, KPROCESSOR_MODE Mode, PFILE_OBJECT *File) NODISCARD;
void IopDeleteDevice(PVOID Object);
void IopDeleteDriver(PVOID Object);
void IopDeleteIoCompletion(PVOID Object);
void IopCloseIoCompletion(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount);

/* device.c: a device may go only when nothing is open on it.  IopReferenceDevice fails with
 * STATUS_NO_SUCH_DEVICE while it is going. */
NTSTATUS IopReferenceDevice(PDEVICE_OBJECT Device) NODISCARD;
void IopDereferenceDevice(PDEVICE_OBJECT Device);
void IopDeviceIsIdle(PDEVICE_OBJECT Device); /* driver.c */

/* mount.c: the volume on Device, mounted if need be; its VPB is referenced.  NULL VPB: not a volume. */
NTSTATUS IopReferenceMountedVpb(PDEVICE_OBJECT Device, BOOLEAN AllowRaw, PVPB *Vpb) NODISCARD;
void IopReferenceVpb(PVPB Vpb);
void IopDereferenceVpb(PVPB Vpb);
PVPB IopCreateVpb(PDEVICE_OBJECT Device);
void IopFreeVpb(PVPB Vpb);
void IopShutdownFileSystems(void);
void IopSendShutdown(PDEVICE_OBJECT Device); /* shutdown.c */
NTSTATUS IopInitRawFileSystem(void) NODISCARD;

/* request.c */
typedef struct _IOP_REQUEST
{
    KPROCESSOR_MODE Mode;
    BOOLEAN Synchronous;             /* the handle's: the file lock is held until IopEndRequest */
    ULONG GrantedAccess;
    PFILE_OBJECT File;               /* referenced; NULL once sent */
    PDEVICE_OBJECT Device;           /* top of the stack; not referenced: File keeps it */
    PKEVENT Event;                   /* the caller's, referenced; NULL */
    PIRP Irp;
} IOP_REQUEST;

/* References the handle (and event), takes the lock of a synchronous file.  On failure nothing is held. */
NTSTATUS IopBeginRequest(IOP_REQUEST *Request, HANDLE Handle, ACCESS_MASK Access, HANDLE Event) NODISCARD;
/* Any of several access bits is enough. */
NTSTATUS IopBeginRequestAny(IOP_REQUEST *Request, HANDLE Handle, ACCESS_MASK AnyOf, HANDLE Event) NODISCARD;
/* The same for a caller inside the kernel that has the file object. */
NTSTATUS IopBeginKernelRequest(IOP_REQUEST *Request, PFILE_OBJECT File) NODISCARD;
/* Drops all of it; does nothing once IopSendRequest has taken over. */
void IopEndRequest(IOP_REQUEST *Request);
/* An IRP for the top of the stack with the file in its next stack location. */
NTSTATUS IopAllocateRequestIrp(IOP_REQUEST *Request, UCHAR Major, UCHAR Minor) NODISCARD;
/* The asynchronous kind: gives Request's references to the IRP; returns the service's status (waits if the
 * handle is synchronous). */
NTSTATUS IopSendRequest(IOP_REQUEST *Request, PIO_STATUS_BLOCK UserIosb, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext);
/* The always synchronous kind (query, set): waits whatever the handle is; the caller still owns Request,
 * the IRP and its buffers are gone. */
NTSTATUS IopCallSynchronously(IOP_REQUEST *Request, PIO_STATUS_BLOCK Iosb);
/* Sends a prepared IRP (IRP_SYNCHRONOUS_API, UserEvent, UserIosb on the caller's stack), waits for its end
 * in kernel mode; returns its status. */
NTSTATUS IopIssueAndWait(PDEVICE_OBJECT Device, PIRP Irp, PKEVENT Event, PIO_STATUS_BLOCK Iosb);
NTSTATUS IopAcquireFileLock(PFILE_OBJECT File, KPROCESSOR_MODE Mode) NODISCARD;
void IopReleaseFileLock(PFILE_OBJECT File);
/* User data in and out of an IRP by the device's method. */
NTSTATUS IopSetTransferBuffer(IOP_REQUEST *Request, PVOID Buffer, ULONG Length, BOOLEAN ToDevice) NODISCARD;
NTSTATUS IopLockTransferBuffer(PIRP Irp, PVOID Buffer, ULONG Length, LOCK_OPERATION Operation) NODISCARD;

/* complete.c */
void NTAPI IopCompleteRequest(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *SystemArgument1, PVOID *SystemArgument2);
void IopFreeIrpBuffers(PIRP Irp);
void IopQueueThreadIrp(PIRP Irp);
void IopDequeueThreadIrp(PIRP Irp);

/* ke/queue.c: ends the waits of all threads that wait for an entry of Queue, with STATUS_ABANDONED, and takes what lies in it: a ring without
 * head, or NULL.  <= DISPATCH_LEVEL. */
PLIST_ENTRY KeAbandonQueue_(PRKQUEUE Queue) NODISCARD;
/* Takes Entry out of Queue.  FALSE: it is not there (not yet: its Blink is NULL), or a thread has been given it.  <= DISPATCH_LEVEL. */
BOOLEAN KeRemoveQueueEntry_(PRKQUEUE Queue, PLIST_ENTRY Entry);

/* completion.c */
enum { IopPacketIrp = 0, IopPacketMini = 1, IopPacketWait = 2 };
typedef struct _IOP_PACKET
{
    LIST_ENTRY ListEntry;
    ULONG PacketType;
    PVOID Key, ApcContext;
    IO_STATUS_BLOCK Iosb;
} IOP_PACKET;
/* FILE_IO_COMPLETION_INFORMATION: what comes out of a port. */
typedef struct _IOP_ENTRY
{
    PVOID Key, ApcContext;
    IO_STATUS_BLOCK Iosb;
} IOP_ENTRY;
void IopTakeWaitPacket(IOP_PACKET *Packet);                                       /* waitpacket.c; taken from its port.  <= APC_LEVEL */
POBJECT_TYPE *IopDescribeWaitPackets(OBJECT_TYPE_INITIALIZER *Initializer); /* waitpacket.c; where the type goes */
void IopQueueIrpPacket(PVOID Port, PIRP Irp, PVOID Key);

/* cancel.c */
extern KSPIN_LOCK IopCancelLock;

/* query.c: used for names, sizes and attributes inside the kernel. */
NTSTATUS IopQueryFile(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, ULONG *Returned) NODISCARD;

/* create.c: opens the name, asks, closes; the answer goes to UserBuffer by way of Buffer. */
NTSTATUS IopQueryByName(POBJECT_ATTRIBUTES Attributes, FILE_INFORMATION_CLASS Class, PVOID UserBuffer, PVOID Buffer, ULONG Length) NODISCARD;

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction) NODISCARD;
void IopInitNames(void);
void IopInitIrps(void);
/*
 * The IRP of a request whose issuer waits for its end may lie on the issuer's stack, if the device's is not unusually high: creates, cleanups
 * and closes need no pool then.  IoFreeIrp leaves it alone.
 */
#define IOP_OWN_LOCATIONS 4
#define IOP_IRP_OWN 0x80u /* in IRP.AllocationFlags; ours */
typedef struct _IOP_OWN_IRP
{
    IRP Irp;
    IO_STACK_LOCATION Locations[IOP_OWN_LOCATIONS];
} IOP_OWN_IRP;
static_assert(offsetof(IOP_OWN_IRP, Locations) == sizeof(IRP), "stack locations follow the IRP");
/* Initialised: Own's, or one from pool (NULL: no memory). */
PIRP IopMakeOwnIrp(CCHAR StackSize, IOP_OWN_IRP *Own);
NTSTATUS IopCreateNullDevice(void) NODISCARD;
#endif
