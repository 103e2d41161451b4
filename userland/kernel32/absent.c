/* SPDX-License-Identifier: MIT */
/*
 * absent.c - what programs import from kernel32 that is not there yet: tapes, pseudo consoles, packages, error
 * reporting.  A program in no package is told so (APPMODEL_ERROR_NO_PACKAGE), which is not a failure of ours and needs no line in the log.
 */
#define LIBRARY "kernel32"
#include "absent.h"

#define NO_PACKAGE 15700

ABSENT_FALSE(AddConsoleAliasW)
ABSENT_VOID(ApplicationRecoveryFinished)
ABSENT_HRESULT(ApplicationRecoveryInProgress)
ABSENT_FALSE(CheckNameLegalDOS8Dot3A)
ABSENT_ERROR(ClosePackageInfo)
ABSENT_VOID(ClosePseudoConsole)
ABSENT_FALSE(CommConfigDialogW)
ABSENT_HRESULT(CreatePseudoConsole)
ABSENT_ERROR(CreateTapePartition)
ABSENT_FALSE(DosPathToSessionPathW)
ABSENT_FALSE(EnumLanguageGroupLocalesW)
ABSENT_FALSE(EnumSystemFirmwareTables)
ABSENT_FALSE(EnumSystemLanguageGroupsW)
ABSENT_ERROR(EraseTape)
ABSENT_FALSE(GetAppContainerNamedObjectPath)
ABSENT_ERROR(GetApplicationUserModelId)
ABSENT_FALSE(GetConsoleAliasW)
ABSENT_FALSE(GetConsoleAliasesW)
ABSENT_FALSE(GetConsoleHistoryInfo)
ABSENT_FALSE(GetConsoleOriginalTitleW)
ABSENT_ERROR(GetCurrentApplicationUserModelId)
ABSENT_FALSE(GetDefaultCommConfigW)
ABSENT_FALSE(GetDevicePowerState)
ABSENT_FALSE(GetFileMUIInfo)
ABSENT_FALSE(GetFileMUIPath)
ABSENT_FALSE(GetFirmwareEnvironmentVariableA)
ABSENT_FALSE(GetFirmwareEnvironmentVariableW)
ABSENT_ERROR(GetPackagePath)
ABSENT_ERROR(GetPackagesByPackageFamily)
ABSENT_FALSE(GetStringScripts)
ABSENT_ERROR(GetTapeParameters)
ABSENT_ERROR(GetTapePosition)
ABSENT_ERROR(GetTapeStatus)
ABSENT_FALSE(GetUILanguageInfo)
ABSENT(LZCopy, -1, 0)
ABSENT(LZInit, -1, 0)
ABSENT(LZOpenFileW, -1, 0)
ABSENT(LZRead, -1, 0)
ABSENT_ERROR(OpenPackageInfoByFullName)
ABSENT_ERROR(PrepareTape)
ABSENT_HRESULT(RegisterApplicationRecoveryCallback)
ABSENT_HRESULT(RegisterApplicationRestart)
ABSENT_FALSE(ReplacePartitionUnit)
ABSENT_FALSE(RequestWakeupLatency)
ABSENT_HRESULT(ResizePseudoConsole)
ABSENT_FALSE(SetCalendarInfoW)
ABSENT_FALSE(SetComputerNameA)
ABSENT_FALSE(SetComputerNameExA)
ABSENT_FALSE(SetComputerNameExW)
ABSENT_FALSE(SetComputerNameW)
ABSENT_FALSE(SetConsoleDisplayMode)
ABSENT_FALSE(SetConsoleHistoryInfo)
ABSENT_FALSE(SetCurrentConsoleFontEx)
ABSENT_FALSE(SetFirmwareEnvironmentVariableW)
ABSENT_FALSE(SetLocaleInfoA)
ABSENT_FALSE(SetLocaleInfoW)
ABSENT_FALSE(SetSystemPowerState)
ABSENT_ERROR(SetTapeParameters)
ABSENT_ERROR(SetTapePosition)
ABSENT_FALSE(SetUserGeoID)
ABSENT_FALSE(SetUserGeoName)
ABSENT_HRESULT(UnregisterApplicationRecoveryCallback)
ABSENT_HRESULT(UnregisterApplicationRestart)
ABSENT_HRESULT(WerRegisterFile)
ABSENT_HRESULT(WerRegisterMemoryBlock)
ABSENT_HRESULT(WerRegisterRuntimeExceptionModule)
ABSENT_HRESULT(WerUnregisterFile)
ABSENT_HRESULT(WerUnregisterMemoryBlock)
ABSENT_HRESULT(WerUnregisterRuntimeExceptionModule)
ABSENT_ERROR(WriteTapemark)

intptr_t GetCurrentPackageFamilyName(void);
intptr_t GetCurrentPackageFamilyName(void)
{
    return NO_PACKAGE;
}

intptr_t GetCurrentPackageFullName(void);
intptr_t GetCurrentPackageFullName(void)
{
    return NO_PACKAGE;
}

intptr_t GetCurrentPackageInfo(void);
intptr_t GetCurrentPackageInfo(void)
{
    return NO_PACKAGE;
}

intptr_t GetCurrentPackagePath(void);
intptr_t GetCurrentPackagePath(void)
{
    return NO_PACKAGE;
}

intptr_t GetPackageFamilyName(void);
intptr_t GetPackageFamilyName(void)
{
    return NO_PACKAGE;
}

intptr_t GetPackageFullName(void);
intptr_t GetPackageFullName(void)
{
    return NO_PACKAGE;
}
