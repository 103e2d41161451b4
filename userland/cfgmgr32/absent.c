/* SPDX-License-Identifier: MIT */
/*
 * absent.c - the tree of devices, which is not shown yet (CR_CALL_NOT_IMPLEMENTED).
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "cfgmgr32"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT(CM_Get_Child, 0x20, 0)
ABSENT(CM_Get_DevNode_PropertyW, 0x20, 0)
ABSENT(CM_Get_DevNode_Registry_PropertyW, 0x20, 0)
ABSENT(CM_Get_DevNode_Status, 0x20, 0)
ABSENT(CM_Get_Device_IDW, 0x20, 0)
ABSENT(CM_Get_Device_ID_ListW, 0x20, 0)
ABSENT(CM_Get_Device_ID_List_SizeW, 0x20, 0)
ABSENT(CM_Get_Device_ID_Size, 0x20, 0)
ABSENT(CM_Get_Device_Interface_ListW, 0x20, 0)
ABSENT(CM_Get_Device_Interface_List_SizeW, 0x20, 0)
ABSENT(CM_Get_Device_Interface_PropertyW, 0x20, 0)
ABSENT(CM_Get_Parent, 0x20, 0)
ABSENT(CM_Get_Sibling, 0x20, 0)
ABSENT(CM_Locate_DevNodeA, 0x20, 0)
ABSENT(CM_Locate_DevNodeW, 0x20, 0)
ABSENT(CM_MapCrToWin32Err, 0x20, 0)
ABSENT(CM_Open_DevNode_Key, 0x20, 0)
ABSENT(CM_Register_Notification, 0x20, 0)
ABSENT(CM_Unregister_Notification, 0x20, 0)
