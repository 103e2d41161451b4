/* SPDX-License-Identifier: MIT */
/*
 * names.h - a hundred functions of each of three DLLs, by name: what threedlls.exe imports and hundred.c exports.
 */
#define TEN(X, p, d) X(p##d##0) X(p##d##1) X(p##d##2) X(p##d##3) X(p##d##4) X(p##d##5) X(p##d##6) X(p##d##7) X(p##d##8) X(p##d##9)
#define HUNDRED(X, p)                                                                                                                      \
    TEN(X, p, 0) TEN(X, p, 1) TEN(X, p, 2) TEN(X, p, 3) TEN(X, p, 4) TEN(X, p, 5) TEN(X, p, 6) TEN(X, p, 7) TEN(X, p, 8) TEN(X, p, 9)
