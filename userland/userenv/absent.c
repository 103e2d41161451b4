/* SPDX-License-Identifier: MIT */
/*
 * absent.c - loading profiles and group policy, which are not there yet.
 */
#define LIBRARY "userenv"
#include "absent.h"

ABSENT_FALSE(LoadUserProfileA)
ABSENT_FALSE(LoadUserProfileW)
ABSENT_FALSE(UnloadUserProfile)
ABSENT_FALSE(DeleteProfileW)
ABSENT_FALSE(RegisterGPNotification)
ABSENT_FALSE(UnregisterGPNotification)
ABSENT_FALSE(RefreshPolicy)
ABSENT_FALSE(EnterCriticalPolicySection)
ABSENT_FALSE(LeaveCriticalPolicySection)

ABSENT_HRESULT(CreateProfile)
ABSENT_HRESULT(CreateAppContainerProfile)
ABSENT_HRESULT(DeleteAppContainerProfile)
ABSENT_HRESULT(DeriveAppContainerSidFromAppContainerName)
ABSENT_HRESULT(GetAppContainerFolderPath)
