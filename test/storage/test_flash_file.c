/* SPDX-License-Identifier: Apache-2.0 */
/* The flash image in a file: made, read back without knowing its geometry, locked, and true to the rules of flash. */
#include "storage/flash_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/support/scratch.h"

static const struct imprint_flash_device board = {.unit = 16, .block_size = 2048, .block_count = 4, .spare_blocks = 1};

static char directory[SCRATCH_PATH_MAX];

static int start(void **state)
{
    (void)state;
    scratch_make(directory);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    scratch_remove(directory);
    return 0;
}

static void expect_refused(const char *path, const struct imprint_flash_device *geometry, bool create,
                           enum error_reason reason)
{
    struct flash_file file;
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    assert_false(flash_file_open(&file, path, 0, geometry, create, &err));
    assert_int_equal(err.reason, reason);
    assert_string_equal(err.subject, path);
    assert_int_equal(file.fd, -1);
}

static void test_image(void **state)
{
    (void)state;
    struct flash_file file, again;
    struct storage_flash flash;
    struct storage storage;
    const char *path = path_in(directory, "board.flash");

    expect_refused(path, NULL, true, ERROR_STORAGE_FAILED);
    expect_refused(path, &board, false, ERROR_STORAGE_FAILED);
    assert_true(flash_file_open(&file, path, 0, &board, true, NULL));
    assert_int_equal(file_mode(path), 0600);
    assert_int_equal(storage_flash_open(&flash, &file.device, true, &storage, NULL), STORAGE_OK);
    for (unsigned i = 0; i < 300; i++) {
        uint8_t content[44];
        fill_content(content, sizeof content, i);
        expect_status(put(&storage, 1 + i % 5, bytes_of(content, sizeof content)), STORAGE_OK, "set");
    }
    /* One at a time. */
    expect_refused(path, &board, false, ERROR_DEVICE_BUSY);
    flash_file_close(&file);
    flash_file_close(&file);

    assert_true(flash_file_open(&again, path, 0, NULL, false, NULL));
    assert_int_equal(again.device.unit, board.unit);
    assert_int_equal(again.device.block_size, board.block_size);
    assert_int_equal(again.device.block_count, board.block_count);
    assert_int_equal(again.device.spare_blocks, board.spare_blocks);
    assert_int_equal(storage_flash_open(&flash, &again.device, false, &storage, NULL), STORAGE_OK);
    for (unsigned i = 295; i < 300; i++) {
        uint8_t content[44];
        fill_content(content, sizeof content, i);
        expect_content(&storage, 1 + i % 5, bytes_of(content, sizeof content));
    }
    flash_file_close(&again);

    /* Reading needs no permission to write (but root has it anyway). */
    assert_int_equal(chmod(path, 0400), 0);
    assert_true(flash_file_open(&again, path, 0, NULL, false, NULL));
    flash_file_close(&again);
}

static void test_rules(void **state)
{
    (void)state;
    struct flash_file file;
    uint8_t data[32], found[32];
    memset(data, 0x5a, sizeof data);
    assert_true(flash_file_open(&file, path_in(directory, "rules.flash"), 0, &board, true, NULL));
    const struct imprint_flash_device *device = &file.device;
    assert_true(device->program(&file, 2048 - 32, data, 32));
    assert_false(device->program(&file, 2048 - 16, data, 16));     /* not erased */
    assert_false(device->program(&file, 8, data, 16));             /* not at a unit */
    assert_false(device->program(&file, 0, data, 8));              /* not a unit */
    assert_false(device->program(&file, 2 * 2048 - 16, data, 32)); /* over the end of a block */
    assert_false(device->program(&file, 4 * 2048, data, 16));      /* over the end of the flash */
    assert_false(device->erase(&file, 4));
    assert_false(device->read(&file, 4 * 2048 - 16, found, 32));
    assert_true(device->read(&file, 2048 - 32, found, 32));
    assert_memory_equal(found, data, 32);
    assert_true(device->erase(&file, 0));
    assert_true(device->program(&file, 2048 - 32, data, 32));
    flash_file_close(&file);
}

static void test_other_files(void **state)
{
    (void)state;
    struct flash_file file;
    uint8_t content[4 * 2048 + 1];
    const char *path = path_in(directory, "other");
    const struct imprint_flash_device unbounded = {.unit = 16, .block_size = 2048, .block_count = 1};

    expect_refused(path, &unbounded, true, ERROR_STORAGE_FAILED);
    assert_false(file_exists(path));
    expect_refused(directory, &board, false, ERROR_STORAGE_FAILED);
    memset(content, 0xff, sizeof content);
    /* Too short; too short and not erased; nothing in it. */
    file_store(path, bytes_of(content, 100));
    expect_refused(path, &board, false, ERROR_STORAGE_FAILED);
    content[99] = 0;
    file_store(path, bytes_of(content, 100));
    expect_refused(path, &board, true, ERROR_STORAGE_FAILED);
    file_store(path, bytes_of(content, 4 * 2048));
    expect_refused(path, NULL, false, ERROR_STORAGE_FAILED);
    /* Making one was cut short: it is finished. */
    file_store(path, bytes_of(content, 99));
    assert_true(flash_file_open(&file, path, 0, &board, true, NULL));
    assert_true(file.device.read(&file, 4 * 2048 - 1, content, 1));
    assert_int_equal(content[0], 0xff);
    flash_file_close(&file);
}

/* A board's whole memory in one file, with the flash somewhere in its middle. */
static void test_part_of_a_file(void **state)
{
    (void)state;
    enum { BEFORE = 4096 + 64, AFTER = 777, FLASH = 4 * 2048 };
    static uint8_t content[BEFORE + FLASH + AFTER];
    uint8_t found[16];
    struct flash_file file;
    struct storage_flash flash;
    struct storage storage;
    const char *path = path_in(directory, "memory");

    memset(content, 0x5a, sizeof content);
    memset(content + BEFORE, 0xff, FLASH);
    file_store(path, bytes_of(content, sizeof content));
    expect_refused(path, NULL, false, ERROR_STORAGE_FAILED);
    assert_true(flash_file_open(&file, path, BEFORE, &board, false, NULL));
    assert_true(flash_file_is_erased(&file));
    assert_false(file.device.read(&file, FLASH - 8, found, 16)); /* what lies behind is none of its business */
    assert_false(file.device.program(&file, FLASH, content, 16));
    assert_int_equal(storage_flash_open(&flash, &file.device, true, &storage, NULL), STORAGE_OK);
    expect_status(put(&storage, 7, bytes_of(content, 44)), STORAGE_OK, "set");
    assert_false(flash_file_is_erased(&file));
    flash_file_close(&file);

    /* Found where it is, and nowhere else. */
    expect_refused(path, NULL, false, ERROR_STORAGE_FAILED);
    assert_true(flash_file_open(&file, path, BEFORE, NULL, false, NULL));
    assert_int_equal(file.device.block_count, board.block_count);
    assert_int_equal(storage_flash_open(&flash, &file.device, false, &storage, NULL), STORAGE_OK);
    expect_content(&storage, 7, bytes_of(content, 44));
    flash_file_close(&file);

    assert_true(flash_file_open(&file, path, 0, &board, false, NULL));
    assert_false(flash_file_is_erased(&file));
    flash_file_close(&file);
    expect_refused(path, NULL, false, ERROR_STORAGE_FAILED);

    /* A file that ends before the flash begins is made longer only where it is erased. */
    path = path_in(directory, "short");
    file_store(path, bytes_of(content, 10));
    expect_refused(path, &board, true, ERROR_STORAGE_FAILED);
    assert_false(flash_file_open(&file, path, BEFORE, &board, true, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"part of a file", test_part_of_a_file, start, stop, NULL},
        {"image", test_image, start, stop, NULL},
        {"rules", test_rules, start, stop, NULL},
        {"other files", test_other_files, start, stop, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
