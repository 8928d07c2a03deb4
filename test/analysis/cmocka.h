/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For clang-tidy's analyzer alone, which finds it in place of cmocka's own header (test/.clang-tidy): assertions as
 * what they are to the reader, "from here on it is so". cmocka's header cannot say that its failing functions do not
 * return, because they do where nothing fails. Never part of a build.
 */
#ifndef IMPRINT_TEST_ANALYSIS_CMOCKA_H
#define IMPRINT_TEST_ANALYSIS_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include_next <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef assert_true
#undef assert_false
#undef assert_non_null
#undef assert_null
#undef assert_int_equal
#undef assert_int_not_equal
#undef assert_ptr_equal
#undef assert_in_range
#undef assert_memory_equal
#undef assert_memory_not_equal
#undef assert_string_equal
#undef assert_string_not_equal
#undef fail
#undef fail_msg
#undef skip

#define assert_true(c) ((c) ? (void)0 : abort())
#define assert_false(c) ((c) ? abort() : (void)0)
#define assert_non_null(p) ((p) != NULL ? (void)0 : abort())
#define assert_null(p) ((p) == NULL ? (void)0 : abort())
#define assert_int_equal(a, b) ((intmax_t)(a) == (intmax_t)(b) ? (void)0 : abort())
#define assert_int_not_equal(a, b) ((intmax_t)(a) != (intmax_t)(b) ? (void)0 : abort())
#define assert_ptr_equal(a, b) ((const void *)(a) == (const void *)(b) ? (void)0 : abort())
#define assert_in_range(value, least, most)                                                                            \
    ((uintmax_t)(value) >= (uintmax_t)(least) && (uintmax_t)(value) <= (uintmax_t)(most) ? (void)0 : abort())
#define assert_memory_equal(a, b, len) (memcmp((const void *)(a), (const void *)(b), (len)) == 0 ? (void)0 : abort())
#define assert_memory_not_equal(a, b, len)                                                                             \
    (memcmp((const void *)(a), (const void *)(b), (len)) != 0 ? (void)0 : abort())
#define assert_string_equal(a, b) (strcmp((a), (b)) == 0 ? (void)0 : abort())
#define assert_string_not_equal(a, b) (strcmp((a), (b)) != 0 ? (void)0 : abort())
#define fail() abort()
#define fail_msg(...) ((void)printf(__VA_ARGS__), abort())
#define skip() abort()

#endif
