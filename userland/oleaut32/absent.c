/* SPDX-License-Identifier: MIT */
/*
 * absent.c - oleaut32's dates, type libraries and pictures, which are not there yet.
 */
#define LIBRARY "oleaut32"
#include "absent.h"

#define TYPE_E_CANTLOADLIBRARY_ ((int32_t)0x80029C4A)

ABSENT(VariantTimeToDosDateTime, 0, 0)
ABSENT(DosDateTimeToVariantTime, 0, 0)
ABSENT(SystemTimeToVariantTime, 0, 0)
ABSENT(VariantTimeToSystemTime, 0, 0)
ABSENT(LoadTypeLib, TYPE_E_CANTLOADLIBRARY_, 0)
ABSENT(LoadTypeLibEx, TYPE_E_CANTLOADLIBRARY_, 0)
ABSENT(LoadRegTypeLib, (int32_t)0x8002801D /* TYPE_E_LIBNOTREGISTERED */, 0)
ABSENT_HRESULT(RegisterTypeLib)
ABSENT(GetActiveObject, (int32_t)0x800401E3 /* MK_E_UNAVAILABLE */, 0)
ABSENT_HRESULT(OleCreateFontIndirect)
ABSENT_HRESULT(OleLoadPicture)
