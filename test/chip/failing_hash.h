/* SPDX-License-Identifier: Apache-2.0 */
/* A host whose SHA-256 fails. The linker puts this around crypto_sha256(): imprint_wrap() in the test's CMakeLists. */
#ifndef IMPRINT_TEST_CHIP_FAILING_HASH_H
#define IMPRINT_TEST_CHIP_FAILING_HASH_H

/* How many more hashes succeed; 1000 at first. */
extern unsigned failing_hash_left;

#endif
