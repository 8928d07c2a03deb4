/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that is really full: a small tmpfs in a mount namespace of the test's own, where the kernel lets it have one,
 * and everywhere a limit on the size of files, which the kernel reports in another way but at the same places.
 */
#define _GNU_SOURCE
#include "test/support/scratch.h"
#include "psa/its.h"
#include "test/support/toy_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/file.h"
#include "storage/record.h"

enum { PAGES = 24, PAGE = 4096, NO_NAMESPACE = 77 };

static char directory[SCRATCH_PATH_MAX];
static struct storage_file file;
static struct storage storage;
static struct its its;

static int start(void **state)
{
    (void)state;
    scratch_make(directory);
    toy = (struct toy){.destroy_status = PSA_SUCCESS};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    scratch_remove(directory);
    return 0;
}

static void start_psa(void)
{
    struct error err = {.reason = ERROR_NONE};
    if (!storage_file_open(&file, directory, true, "test", NULL, &storage, &err))
        fail_msg("cannot open: %s", err.cause);
    its_mount(&its, &storage);
    assert_int_equal(psa_register_se_driver(TOY_LOCATION, &toy_driver), PSA_SUCCESS);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
}

static void stop_psa(void)
{
    mbedtls_psa_crypto_free();
    its_unmount();
    storage_file_close(&file);
}

static psa_status_t generate(psa_key_id_t id)
{
    const psa_key_attributes_t attributes = toy_attributes(id);
    psa_key_id_t made;
    return psa_generate_key(&attributes, &made);
}

static psa_status_t look(psa_key_id_t id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    return psa_get_key_attributes(id, &attributes);
}

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    return close(fd) == 0 && good;
}

/* A namespace in which an ordinary user may mount; whoever runs the test is root in it. */
static bool enter_namespace(void)
{
    char map[64];
    const long uid = (long)geteuid(), gid = (long)getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return false;
    (void)write_text("/proc/self/setgroups", "deny");
    (void)snprintf(map, sizeof map, "0 %ld 1\n", uid);
    if (!write_text("/proc/self/uid_map", map))
        return false;
    (void)snprintf(map, sizeof map, "0 %ld 1\n", gid);
    return write_text("/proc/self/gid_map", map);
}

/* Takes all blocks but `left` of the file system. */
static void fill_disk(unsigned left)
{
    static const uint8_t page[PAGE];
    const char *path = path_in(directory, "ballast");
    off_t size = 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    ssize_t n;
    while ((n = write(fd, page, sizeof page)) > 0)
        size += n;
    assert_int_equal(errno, ENOSPC);
    assert_true(size >= (off_t)left * PAGE);
    assert_int_equal(ftruncate(fd, size - (off_t)left * PAGE), 0);
    assert_int_equal(close(fd), 0);
}

static void test_in_namespace(void **state)
{
    (void)state;
    char options[64];
    (void)snprintf(options, sizeof options, "mode=700,size=%d", PAGES * PAGE);
    assert_int_equal(mount("tmpfs", directory, "tmpfs", 0, options), 0);
    unsigned refused = 0, made = 0;
    /* Two records are stored, a page each: the transaction's and the key's. */
    for (unsigned left = 0; left <= 4; left++) {
        start_psa();
        toy.generated = 0;
        fill_disk(left);
        psa_status_t status = generate(18);
        if (status == PSA_SUCCESS) {
            made++;
            assert_int_equal(toy.generated, 1);
        } else {
            refused++;
            assert_int_equal(status, PSA_ERROR_INSUFFICIENT_STORAGE);
            assert_int_equal(toy.generated, 0);
        }
        assert_int_equal(unlink(path_in(directory, "ballast")), 0);
        stop_psa();
        expect_only_records(directory, status == PSA_SUCCESS ? 1 : 0);
        start_psa();
        assert_int_equal(look(18), status == PSA_SUCCESS ? PSA_SUCCESS : PSA_ERROR_INVALID_HANDLE);
        if (status == PSA_SUCCESS) {
            fill_disk(0);
            assert_int_equal(generate(19), PSA_ERROR_INSUFFICIENT_STORAGE);
            assert_int_equal(psa_destroy_key(18), PSA_SUCCESS);
            assert_int_equal(unlink(path_in(directory, "ballast")), 0);
        }
        toy = (struct toy){.destroy_status = PSA_SUCCESS};
        stop_psa();
    }
    assert_int_equal(refused, 2);
    assert_int_equal(made, 3);

    /* Reserved room is used when nothing is left. */
    uint8_t content[64];
    struct error err = {.reason = ERROR_NONE};
    fill_content(content, sizeof content, 1);
    assert_true(storage_file_open(&file, directory, true, "test", NULL, &storage, &err));
    expect_status(put(&storage, 2, bytes_of("before", 6)), STORAGE_OK, "set");
    expect_status(storage.operations->reserve(storage.context, sizeof content), STORAGE_OK, "reserve");
    fill_disk(0);
    expect_status(put(&storage, 2, bytes_of("after", 5)), STORAGE_FULL, "replace");
    expect_status(put(&storage, 1, bytes_of(content, sizeof content)), STORAGE_OK, "create");
    expect_status(put(&storage, 3, bytes_of("x", 1)), STORAGE_FULL, "create without room");
    expect_content(&storage, 1, bytes_of(content, sizeof content));
    expect_content(&storage, 2, bytes_of("before", 6));
    storage_file_close(&file);
    /* A store on a full disk can still be opened and read. */
    assert_true(storage_file_open(&file, directory, true, "test", NULL, &storage, &err));
    expect_content(&storage, 1, bytes_of(content, sizeof content));
    storage_file_close(&file);
    assert_int_equal(umount(directory), 0);
}

/* The namespace changes the whole process, so it is one of its own: this program, told by its argument. */
static const char in_namespace[] = "--in-namespace";

static void test_small_disk(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) {
        (void)execl("/proc/self/exe", "test_storage_full_disk", in_namespace, (char *)NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NAMESPACE) {
        /* ./check repeats this line at its end. */
        print_message("stepped aside: test_storage_full_disk: this kernel gives an ordinary user no mount namespace, "
                      "so that the full disk is left to the file size limit\n");
        skip();
    }
    assert_int_equal(status, 0);
}

/* No file may become longer than `limit`. */
static void limit_files(rlim_t limit)
{
    struct rlimit both;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &both), 0);
    both.rlim_cur = limit < both.rlim_max ? limit : both.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &both), 0);
}

static void test_file_size_limit(void **state)
{
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    start_psa();
    unsigned refused = 0;
    for (rlim_t limit = 0; limit < STORAGE_RECORD_BYTES(64) + 4; limit += 4) {
        toy = (struct toy){.destroy_status = PSA_SUCCESS};
        limit_files(limit);
        psa_status_t status = generate(18);
        limit_files(RLIM_INFINITY);
        assert_int_equal(look(18), status == PSA_SUCCESS ? PSA_SUCCESS : PSA_ERROR_INVALID_HANDLE);
        if (status == PSA_SUCCESS) {
            assert_int_equal(toy.generated, 1);
            assert_int_equal(psa_destroy_key(18), PSA_SUCCESS);
        } else {
            refused++;
            assert_int_equal(status, PSA_ERROR_INSUFFICIENT_STORAGE);
            assert_int_equal(toy.generated, 0);
        }
    }
    assert_int_equal(refused, STORAGE_RECORD_BYTES(64) / 4);
    stop_psa();
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], in_namespace) == 0) {
        const struct CMUnitTest inside[] = {cmocka_unit_test_setup_teardown(test_in_namespace, start, stop)};
        return enter_namespace() ? cmocka_run_group_tests_name("in a namespace", inside, NULL, NULL) : NO_NAMESPACE;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_small_disk, start, stop),
        cmocka_unit_test_setup_teardown(test_file_size_limit, start, stop),
    };
    return cmocka_run_group_tests_name("full disk", tests, NULL, NULL);
}
