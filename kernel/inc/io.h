/* SPDX-License-Identifier: MIT */
/*
 * io.h - the I/O manager towards the rest of the kernel.  Drivers see only <ntddk.h>/<ntifs.h>.  Windows Internals, 7th ed., part 1, chapter 6.
 */
#ifndef NASCENT_IO_H
#define NASCENT_IO_H

#include "ob.h"
#include "loader.h"

/* Phase 1: types Adapter, Controller, Device, Driver, File, IoCompletion; \Device\Null; the loader's block is remembered. PASSIVE. */
void IoInitSystem(LOADER_PARAMETER_BLOCK *Block);
/* Links: \??\C:, \SystemRoot, \ArcName; mounts the boot volume on first use.  After the boot drivers have started. */
NTSTATUS IoCreateSystemLinks(void) NODISCARD;
/* A driver object for an image already loaded and bound: \Driver\Name (or \FileSystem\), then its DriverEntry(DriverObject, RegistryPath).  ldr calls it. */
NTSTATUS IoStartDriverImage(const UNICODE_STRING *ServiceName, PVOID ImageBase, SIZE_T ImageSize, PDRIVER_INITIALIZE Entry, PVOID DriverSection, PDRIVER_OBJECT *Driver) NODISCARD;
NTSTATUS IoStopDriver(PDRIVER_OBJECT Driver); /* DriverUnload and the object's end; STATUS_INVALID_DEVICE_REQUEST if it has no unload routine */
/* Thread end: cancels and waits for what the thread has pending. */
void IoCancelThreadIo(PETHREAD Thread);
/* Paging read of a section's file into an MDL, IRP_PAGING_IO | IRP_NOCACHE; Offset page aligned; the event is signalled at the end. */
NTSTATUS NTAPI IoPageRead(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event, PIO_STATUS_BLOCK IoStatus);
NTSTATUS NTAPI IoSynchronousPageWrite(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event, PIO_STATUS_BLOCK IoStatus);
/* IoQueryFileInformation for section creation: size of the file through IRP_MJ_QUERY_INFORMATION (FileStandardInformation); FsRtlGetFileSize in <ntifs.h>. */
extern POBJECT_TYPE *IoDriverObjectType; /* exported by Windows, though no public header declares it */
extern LOADER_PARAMETER_BLOCK *IopLoaderBlock;
/* The boot disk's parameters for ramdisk.sys: exported to drivers through the driver's RegistryPath key once there is a registry; until then by this routine. */
void IoShutdownSystem(ULONG Phase); /* IRP_MJ_SHUTDOWN to registered devices, flush */
#endif
