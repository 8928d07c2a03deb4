/* SPDX-License-Identifier: Apache-2.0 */
#include "test/driver/cuts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chip/command.h"

static struct {
    unsigned at, passed;
    bool writing; /* the next group sent is a command that writes */
    const struct storage_operations *storage;
    const struct transport_operations *transport;
    struct storage_operations storage_front;
    struct transport_operations transport_front;
} cuts;

static void moment(void)
{
    if (++cuts.passed == cuts.at)
        _exit(CUTS_EXIT);
}

static enum storage_status cut_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    moment();
    enum storage_status status = cuts.storage->set(context, uid, flags, content);
    moment();
    return status;
}

static enum storage_status cut_remove(void *context, uint64_t uid)
{
    moment();
    enum storage_status status = cuts.storage->remove(context, uid);
    moment();
    return status;
}

static bool cut_allow(void *context, const struct chip_command *command, uint8_t param1, uint16_t param2)
{
    (void)context;
    (void)command;
    (void)param1;
    (void)param2;
    moment();
    cuts.writing = true;
    return true;
}

/* The virtual chip executes a command as it takes it. */
static enum transport_status cut_send(void *context, struct bytes group)
{
    enum transport_status status = cuts.transport->send(context, group);

    if (cuts.writing && status == TRANSPORT_OK) {
        cuts.writing = false;
        moment();
    }
    return status;
}

void cuts_install(struct storage *storage, struct chip *chip, unsigned at)
{
    cuts.at = at;
    cuts.passed = 0;
    cuts.writing = false;
    cuts.storage = storage->operations;
    cuts.storage_front = *storage->operations;
    cuts.storage_front.set = cut_set;
    cuts.storage_front.remove = cut_remove;
    storage->operations = &cuts.storage_front;
    cuts.transport = chip->transport.operations;
    cuts.transport_front = *chip->transport.operations;
    cuts.transport_front.send = cut_send;
    chip->transport.operations = &cuts.transport_front;
    chip->guard.allow = cut_allow;
}

unsigned cuts_passed(void)
{
    return cuts.passed;
}

bool cuts_run_child(void (*run)(void *context), void *context, const char *id)
{
    int status = 0;

    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("CMOCKA_TEST_ABORT", "1", 1);
        run(context);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != CUTS_EXIT)
        fail_msg("%s: the run ended with wait status %04x", id, (unsigned)status);
    return false;
}

void *cuts_share(size_t size)
{
    // cppcheck-suppress invalidFunctionArg ; no file: -1 is what mmap() wants
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(memory != MAP_FAILED);
    return memory;
}

void cuts_copy_file(const char *from, const char *to)
{
    char buffer[65536];
    ssize_t n;
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, buffer, sizeof buffer)) > 0)
        assert_int_equal(write(out, buffer, (size_t)n), n);
    assert_int_equal(n, 0);
    close(in);
    close(out);
}

void cuts_copy_directory(const char *from, const char *to)
{
    char source[1024], target[1024];
    DIR *listing = opendir(from);

    assert_non_null(listing);
    assert_int_equal(mkdir(to, 0700), 0);
    for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
        snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
        cuts_copy_file(source, target);
    }
    closedir(listing);
}
