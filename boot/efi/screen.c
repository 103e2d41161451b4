/* SPDX-License-Identifier: MIT */
/*
 * screen.c - what the user sees while the firmware is there, and the framebuffer the kernel inherits.
 *
 * The firmware's text console (which usually includes the serial line) takes the loader's lines; QEMU's debug console gets them as well.  Once
 * the firmware is left only the serial line remains.
 */
#include "efiboot.h"

void boot_write(const char *text, size_t length)
{
    CHAR16 wide[3] = { 0 };

    debugcon_write(text, length);
    if (firmware_left) {
        serial_write(text, length);
        return;
    }
    for (size_t i = 0; i < length; i++) {
        wide[0] = text[i] == '\n' ? '\r' : (unsigned char)text[i];
        wide[1] = text[i] == '\n' ? '\n' : 0;
        efi->ConOut->OutputString(efi->ConOut, wide);
    }
}

static int usable(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info)
{
    return info->PixelFormat == PixelBlueGreenRedReserved8BitPerColor || info->PixelFormat == PixelRedGreenBlueReserved8BitPerColor;
}

static void choose_mode(EFI_GRAPHICS_OUTPUT_PROTOCOL *screen, unsigned width, unsigned height)
{
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *now = screen->Mode->Info;

    if (usable(now) && now->HorizontalResolution == width && now->VerticalResolution == height) {
        return;
    }
    for (UINT32 mode = 0; mode < screen->Mode->MaxMode; mode++) {
        EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info;
        UINTN size;
        if (EFI_ERROR(screen->QueryMode(screen, mode, &size, &info))) {
            continue;
        }
        if (usable(info) && info->HorizontalResolution == width && info->VerticalResolution == height) {
            screen->SetMode(screen, mode);
            return;
        }
    }
}

void screen_begin(unsigned width, unsigned height)
{
    EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_GRAPHICS_OUTPUT_PROTOCOL *screen;
    LOADER_FRAMEBUFFER *out = &boot.block->Framebuffer;

    if (EFI_ERROR(efi->BootServices->LocateProtocol(&guid, NULL, (void **)&screen))) {
        boot_print("No graphics\n");
        return;
    }
    choose_mode(screen, width, height);
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = screen->Mode->Info;
    if (!usable(info)) {
        boot_print("No graphics mode with a linear 32-bit framebuffer\n");
        return;
    }
    out->PhysicalBase = screen->Mode->FrameBufferBase;
    out->Size = screen->Mode->FrameBufferSize;
    out->Width = info->HorizontalResolution;
    out->Height = info->VerticalResolution;
    out->PixelsPerScanLine = info->PixelsPerScanLine;
    out->Format = info->PixelFormat == PixelBlueGreenRedReserved8BitPerColor ? 0 : 1;
    boot_print("Screen %ux%u\n", out->Width, out->Height);
}
