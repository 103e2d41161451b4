/* SPDX-License-Identifier: MIT */
/*
 * file.c - whole files from the volume this loader came from (the EFI system partition).
 */
#include "efiboot.h"

static EFI_FILE_PROTOCOL *root;

void file_begin(void)
{
    EFI_GUID image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID, volume_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *image;
    EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *volume;
    EFI_STATUS status = efi->BootServices->HandleProtocol(efi_image, &image_guid, (void **)&image);

    if (!EFI_ERROR(status)) {
        status = efi->BootServices->HandleProtocol(image->DeviceHandle, &volume_guid, (void **)&volume);
    }
    if (!EFI_ERROR(status)) {
        status = volume->OpenVolume(volume, &root);
    }
    if (EFI_ERROR(status)) {
        boot_fail("boot volume", efi_status_text(status), status);
    }
}

/* Names in boot.cfg are relative to \EFI\NASCENT. */
static void full_path(const char *path, CHAR16 *out)
{
    const char *prefix = path[0] == '\\' ? "" : NASCENT_DIRECTORY;
    size_t length = 0;

    while (*prefix) {
        out[length++] = (unsigned char)*prefix++;
    }
    while (*path) {
        out[length++] = (unsigned char)*path++;
    }
    out[length] = 0;
}

static uint64_t file_size(const char *path, EFI_FILE_PROTOCOL *file)
{
    EFI_GUID info_guid = EFI_FILE_INFO_ID;
    union
    {
        EFI_FILE_INFO info;
        uint8_t bytes[sizeof(EFI_FILE_INFO) + 2 * MAX_PATH_LENGTH];
    } buffer;
    UINTN size = sizeof buffer;
    EFI_STATUS status = file->GetInfo(file, &info_guid, &size, &buffer);

    if (EFI_ERROR(status)) {
        boot_fail(path, efi_status_text(status), status);
    }
    if (buffer.info.FileSize == 0) {
        boot_fail(path, "file is empty", 0);
    }
    return buffer.info.FileSize;
}

struct file file_read(const char *path)
{
    CHAR16 name[MAX_PATH_LENGTH + sizeof NASCENT_DIRECTORY];
    EFI_FILE_PROTOCOL *handle;
    struct file file;

    boot.subject = path;
    full_path(path, name);
    EFI_STATUS status = root->Open(root, &handle, name, EFI_FILE_MODE_READ, 0);
    if (EFI_ERROR(status)) {
        boot_fail(path, efi_status_text(status), status);
    }
    file.size = file_size(path, handle);
    file.data = at(boot_allocate(PAGE_ROUND(file.size) / PAGE_SIZE));

    UINTN size = file.size;
    status = handle->Read(handle, &size, file.data);
    if (EFI_ERROR(status)) {
        boot_fail(path, efi_status_text(status), status);
    }
    if (size != file.size) {
        boot_fail(path, "file is shorter than its directory entry says", size);
    }
    handle->Close(handle);
    return file;
}
