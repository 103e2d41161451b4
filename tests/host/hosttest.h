/* SPDX-License-Identifier: MIT */
/*
 * hosttest.h - first include of every host test: the host's headers, cmocka, then the kernel's world.  From here on strlen and its like are ours.
 */
#ifndef NASCENT_HOSTTEST_H
#define NASCENT_HOSTTEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shim/crtnames.h"
#include "shim/nt.h"
#include "rtlp.h"

/* A test's own random numbers: the same ones in every run. */
static inline uint32_t NextRandom(uint64_t *State)
{
    *State = *State * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(*State >> 33);
}

#define assert_status(expression, status) assert_int_equal((uint32_t)(expression), (uint32_t)(status))

#endif
