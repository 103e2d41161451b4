/* SPDX-License-Identifier: MIT */
/*
 * seinit.c - the security subsystem's beginning.
 *
 * Phase 0 makes the descriptors and the token type, because the system process' token is made right after it.  Phase 1 has nothing to add to the
 * namespace: \Security is one of ob's directories.
 */
#include "sep.h"


void SeInitSystemPhase0(void)
{
    SepInitializeDescriptors();
    SepCreateTokenType();
}

void SeInitSystemPhase1(void)
{
    KdPrint_("Se: token type %u, privileges %llx\n", SeTokenObjectType_->Index, SEP_ALL_PRIVILEGES);
}
