/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens when something below fails: each allocation, read and library call of a run, one after the other. The
 * linker puts the functions here in their place (--wrap, see CMakeLists.txt); the sanitizers watch for what leaks.
 */
#include "profile/text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include <cmocka.h>

/* Which call of a function is to fail, from 1; 0: none. */
struct fault {
    unsigned fails_at, calls;
};

static struct fault malloc_fault, calloc_fault, read_fault, interrupt_fault, fstat_fault, initialize_fault, parse_fault,
    setup_fault, finish_fault;

static struct fault *const faults[] = {&malloc_fault,     &calloc_fault, &read_fault,  &interrupt_fault, &fstat_fault,
                                       &initialize_fault, &parse_fault,  &setup_fault, &finish_fault};

static bool fault_strikes(struct fault *fault)
{
    fault->calls++;
    return fault->calls == fault->fails_at;
}

static void faults_clear(void)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        *faults[i] = (struct fault){0};
}

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
ssize_t __real_read(int file, void *data, size_t len);
ssize_t __wrap_read(int file, void *data, size_t len);
int __real_fstat(int file, struct stat *status);
int __wrap_fstat(int file, struct stat *status);
int __real_yaml_parser_initialize(yaml_parser_t *parser);
int __wrap_yaml_parser_initialize(yaml_parser_t *parser);
int __real_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
psa_status_t __real_psa_hash_setup(psa_hash_operation_t *operation, psa_algorithm_t algorithm);
psa_status_t __wrap_psa_hash_setup(psa_hash_operation_t *operation, psa_algorithm_t algorithm);
psa_status_t __real_psa_hash_finish(psa_hash_operation_t *operation, uint8_t *hash, size_t size, size_t *len);
psa_status_t __wrap_psa_hash_finish(psa_hash_operation_t *operation, uint8_t *hash, size_t size, size_t *len);

void *__wrap_malloc(size_t size)
{
    return fault_strikes(&malloc_fault) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fault_strikes(&calloc_fault) ? NULL : __real_calloc(count, size);
}

/* At most 7 bytes at a time: short reads are no end. */
ssize_t __wrap_read(int file, void *data, size_t len)
{
    if (fault_strikes(&read_fault)) {
        errno = EIO;
        return -1;
    }
    if (fault_strikes(&interrupt_fault)) {
        errno = EINTR;
        return -1;
    }
    return __real_read(file, data, len < 7 ? len : 7);
}

int __wrap_fstat(int file, struct stat *status)
{
    if (fault_strikes(&fstat_fault)) {
        errno = EIO;
        return -1;
    }
    return __real_fstat(file, status);
}

int __wrap_yaml_parser_initialize(yaml_parser_t *parser)
{
    return fault_strikes(&initialize_fault) ? 0 : __real_yaml_parser_initialize(parser);
}

int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event)
{
    if (fault_strikes(&parse_fault)) {
        parser->error = YAML_MEMORY_ERROR;
        return 0;
    }
    return __real_yaml_parser_parse(parser, event);
}

psa_status_t __wrap_psa_hash_setup(psa_hash_operation_t *operation, psa_algorithm_t algorithm)
{
    return fault_strikes(&setup_fault) ? PSA_ERROR_INSUFFICIENT_MEMORY : __real_psa_hash_setup(operation, algorithm);
}

psa_status_t __wrap_psa_hash_finish(psa_hash_operation_t *operation, uint8_t *hash, size_t size, size_t *len)
{
    return fault_strikes(&finish_fault) ? PSA_ERROR_HARDWARE_FAILURE
                                        : __real_psa_hash_finish(operation, hash, size, len);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static const char path[] = IMPRINT_TEST_PROFILES "/blank-three-ways.yaml";
static struct profile profile;
static struct profile_complaint complaint;

/* Fails each call of one function in turn until a run has none left to fail; returns how many there were. */
static unsigned fail_each_call(struct fault *fault, enum error_reason reason, const char *message)
{
    for (unsigned at = 1;; at++) {
        bool read;

        faults_clear();
        fault->fails_at = at;
        read = profile_read_file(path, &profile, &complaint);
        if (fault->calls < at) {
            assert_true(read);
            return fault->calls;
        }
        assert_false(read);
        assert_int_equal(complaint.reason, reason);
        assert_non_null(strstr(complaint.message, message));
        assert_int_equal(complaint.line, 0);
    }
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    assert_int_equal(fail_each_call(&malloc_fault, ERROR_UNEXPECTED, "out of memory"), 1);
    assert_true(fail_each_call(&calloc_fault, ERROR_UNEXPECTED, "out of memory") > 60);
    assert_int_equal(fail_each_call(&initialize_fault, ERROR_UNEXPECTED, "out of memory"), 1);
    assert_true(fail_each_call(&parse_fault, ERROR_UNEXPECTED, "out of memory") > 60);
}

static void test_file_fails(void **state)
{
    (void)state;
    assert_int_equal(fail_each_call(&fstat_fault, ERROR_INPUT_FILE, "cannot read the file's type and size: "), 1);
    assert_true(fail_each_call(&read_fault, ERROR_INPUT_FILE, "cannot read the file: ") > 100);
}

/* A signal in the middle of reading changes nothing. */
static void test_read_is_interrupted(void **state)
{
    uint8_t expected[PROFILE_DIGEST_BYTES];
    uint8_t digest[PROFILE_DIGEST_BYTES];

    (void)state;
    faults_clear();
    assert_true(profile_read_file(path, &profile, &complaint));
    assert_true(profile_digest(&profile, expected));
    for (unsigned at = 1; at < 20; at++) {
        faults_clear();
        interrupt_fault.fails_at = at;
        assert_true(profile_read_file(path, &profile, &complaint));
        assert_true(profile_digest(&profile, digest));
        assert_memory_equal(digest, expected, sizeof(digest));
    }
}

static void test_hash_fails(void **state)
{
    uint8_t digest[PROFILE_DIGEST_BYTES];

    (void)state;
    faults_clear();
    assert_true(profile_read_file(path, &profile, &complaint));
    setup_fault.fails_at = 1;
    assert_false(profile_digest(&profile, digest));
    faults_clear();
    finish_fault.fails_at = 1;
    assert_false(profile_digest(&profile, digest));
    faults_clear();
    assert_true(profile_digest(&profile, digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_file_fails),
        cmocka_unit_test(test_read_is_interrupted),
        cmocka_unit_test(test_hash_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
