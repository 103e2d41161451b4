/* SPDX-License-Identifier: MIT */
/*
 * absent.c - installed devices, which are not listed yet.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "setupapi"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_FALSE(SetupCloseInfFile)
ABSENT_FALSE(SetupDiCallClassInstaller)
ABSENT_FALSE(SetupDiClassGuidsFromNameA)
ABSENT_FALSE(SetupDiClassGuidsFromNameW)
ABSENT_FALSE(SetupDiClassNameFromGuidW)
ABSENT_FALSE(SetupDiDestroyDeviceInfoList)
ABSENT_FALSE(SetupDiEnumDeviceInfo)
ABSENT_FALSE(SetupDiEnumDeviceInterfaces)
ABSENT_FALSE(SetupDiGetDeviceInstanceIdA)
ABSENT_FALSE(SetupDiGetDeviceInstanceIdW)
ABSENT_FALSE(SetupDiGetDeviceInterfaceDetailA)
ABSENT_FALSE(SetupDiGetDeviceInterfaceDetailW)
ABSENT_FALSE(SetupDiGetDevicePropertyW)
ABSENT_FALSE(SetupDiGetDeviceRegistryPropertyA)
ABSENT_FALSE(SetupDiGetDeviceRegistryPropertyW)
ABSENT_FALSE(SetupDiSetClassInstallParamsW)
ABSENT_FALSE(SetupFindFirstLineW)
ABSENT_FALSE(SetupGetStringFieldW)

ABSENT_HANDLE(SetupDiGetClassDevsA)
ABSENT_HANDLE(SetupDiGetClassDevsW)
ABSENT_HANDLE(SetupDiCreateDeviceInfoList)
ABSENT_HANDLE(SetupDiOpenDevRegKey)
ABSENT_HANDLE(SetupOpenInfFileW)
ABSENT(CM_Get_Child, 0x20 /* CR_CALL_NOT_IMPLEMENTED */, 0)
ABSENT(CM_Get_Device_IDW, 0x20, 0)
ABSENT(CM_Get_Parent, 0x20, 0)
ABSENT(CM_Get_DevNode_Status, 0x20, 0)
