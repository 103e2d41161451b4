/* SPDX-License-Identifier: MIT */
/*
 * copyfile2.c - CopyFile2: CopyFileEx with its result as an HRESULT and a progress routine that is told messages instead of numbers.
 */
#include "k32.h"

typedef struct _COPY
{
    PCOPYFILE2_PROGRESS_ROUTINE Routine;
    PVOID Context;
    ULONGLONG Chunk;
} COPY;

/* CopyFileEx reports where it is; the message wants the chunk's number and both counts. */
static DWORD CALLBACK Progress(LARGE_INTEGER Total, LARGE_INTEGER Done, LARGE_INTEGER StreamTotal, LARGE_INTEGER StreamDone, DWORD Stream,
                               DWORD Reason, HANDLE Source, HANDLE Target, LPVOID Data)
{
    COPY *Copy = Data;
    COPYFILE2_MESSAGE Message;

    memset(&Message, 0, sizeof(Message));
    if (Reason == CALLBACK_STREAM_SWITCH) {
        Message.Type = COPYFILE2_CALLBACK_STREAM_STARTED;
        Message.Info.StreamStarted.dwStreamNumber = Stream;
        Message.Info.StreamStarted.hSourceFile = Source;
        Message.Info.StreamStarted.hDestinationFile = Target;
        Message.Info.StreamStarted.uliStreamSize.QuadPart = (ULONGLONG)StreamTotal.QuadPart;
        Message.Info.StreamStarted.uliTotalFileSize.QuadPart = (ULONGLONG)Total.QuadPart;
    } else {
        Message.Type = COPYFILE2_CALLBACK_CHUNK_FINISHED;
        Message.Info.ChunkFinished.dwStreamNumber = Stream;
        Message.Info.ChunkFinished.hSourceFile = Source;
        Message.Info.ChunkFinished.hDestinationFile = Target;
        Message.Info.ChunkFinished.uliChunkNumber.QuadPart = Copy->Chunk++;
        Message.Info.ChunkFinished.uliStreamSize.QuadPart = (ULONGLONG)StreamTotal.QuadPart;
        Message.Info.ChunkFinished.uliStreamBytesTransferred.QuadPart = (ULONGLONG)StreamDone.QuadPart;
        Message.Info.ChunkFinished.uliTotalFileSize.QuadPart = (ULONGLONG)Total.QuadPart;
        Message.Info.ChunkFinished.uliTotalBytesTransferred.QuadPart = (ULONGLONG)Done.QuadPart;
    }
    switch (Copy->Routine(&Message, Copy->Context)) {
    case COPYFILE2_PROGRESS_CANCEL: return PROGRESS_CANCEL;
    case COPYFILE2_PROGRESS_STOP: return PROGRESS_STOP;
    case COPYFILE2_PROGRESS_QUIET: return PROGRESS_QUIET;
    default: return PROGRESS_CONTINUE; /* pausing is carrying on: there is nobody to ask later */
    }
}

HRESULT WINAPI CopyFile2(PCWSTR Source, PCWSTR Target, COPYFILE2_EXTENDED_PARAMETERS *Parameters)
{
    COPY Copy = {0};
    BOOL *Cancel = NULL;
    DWORD Flags = 0;

    if (Parameters != NULL) {
        if (Parameters->dwSize < sizeof(*Parameters)) {
            return E_INVALIDARG;
        }
        Copy.Routine = Parameters->pProgressRoutine;
        Copy.Context = Parameters->pvCallbackContext;
        Cancel = Parameters->pfCancel;
        Flags = Parameters->dwCopyFlags;
    }
    if (Source == NULL || Target == NULL) {
        return E_INVALIDARG;
    }
    return CopyFileExW(Source, Target, Copy.Routine != NULL ? Progress : NULL, &Copy, Cancel, Flags) ? S_OK : HRESULT_FROM_WIN32(GetLastError());
}
