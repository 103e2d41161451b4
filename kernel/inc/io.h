/* SPDX-License-Identifier: MIT */
/*
 * io.h - the I/O manager towards the rest of the kernel.  Drivers see only <ntddk.h>/<ntifs.h>.  Windows Internals, 7th ed., part 1, chapter 6.
 */
#ifndef NASCENT_IO_H
#define NASCENT_IO_H

#include "ob.h"
#include "loader.h"

/*
 * Phase 1: types Adapter, Controller, Device, Driver, File, IoCompletion; \Device\Null, the raw file system; the loader's block is
 * remembered.  PASSIVE_LEVEL.
 */
void IoInitSystem(LOADER_PARAMETER_BLOCK *Block);
/* Links: \??\C:, \SystemRoot, \ArcName...; mounts the boot volume.  After the boot drivers have started. */
NTSTATUS IoCreateSystemLinks(void) NODISCARD;
/*
 * A driver object for an image already loaded and bound: \Driver\Name (file systems: \FileSystem\Name), then its
 * DriverEntry(DriverObject, RegistryPath).  ldr calls it.  On success *Driver is referenced; on failure no trace is left.
 */
NTSTATUS IoStartDriverImage(const UNICODE_STRING *ServiceName, PVOID ImageBase, SIZE_T ImageSize, PDRIVER_INITIALIZE Entry,
                            PVOID DriverSection, PDRIVER_OBJECT *Driver) NODISCARD;
/*
 * DriverUnload and the object's end.  STATUS_INVALID_DEVICE_REQUEST: it has no unload routine.  STATUS_PENDING: something is open; nothing can be
 * opened any more, and WhenIdle is called in a system thread when the last file is closed.
 */
typedef void IO_DRIVER_IDLE_ROUTINE(PDRIVER_OBJECT Driver);
NTSTATUS IoStopDriver(PDRIVER_OBJECT Driver, IO_DRIVER_IDLE_ROUTINE *WhenIdle);
/* Thread end: cancels what the current thread has pending and waits for it.  PASSIVE_LEVEL. */
void IoCancelThreadIo(PETHREAD Thread);
/*
 * Paging transfers of a section's file (IRP_PAGING_IO | IRP_NOCACHE): Offset page aligned, Mdl locked.  The event is set and IoStatus filled at
 * the end, whatever is returned.  A read that meets the end of the file is short.
 */
NTSTATUS NTAPI IoPageRead(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event, PIO_STATUS_BLOCK IoStatus);
NTSTATUS NTAPI IoSynchronousPageWrite(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event, PIO_STATUS_BLOCK IoStatus);
extern LOADER_PARAMETER_BLOCK *IopLoaderBlock;
extern POBJECT_TYPE *IoDriverObjectType; /* exported by Windows, though no public header declares it */
/* Queues a packet to a completion port (NtSetIoCompletion's kernel form; exported by Windows).  <= DISPATCH_LEVEL.  STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS NTAPI IoSetIoCompletion(PVOID IoCompletion, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation,
                                 BOOLEAN Quota);
extern POBJECT_TYPE IopCompletionObjectType;
/* Phase 0: IRP_MJ_SHUTDOWN to the devices registered for it; phase 1: to the file systems, then the last-chance devices. */
void IoShutdownSystem(ULONG Phase);
#endif
