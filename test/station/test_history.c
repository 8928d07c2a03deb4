/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a device's history: lines are added whole, whoever adds them and whatever a power cut left. */
#include "station/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WRITERS 4
#define LINES 25
#define TEXT_MAX 65536

static char folder[] = "/tmp/test-history-XXXXXX";
static char path[sizeof folder + 32];

static json_t *line_of(int number)
{
    return json_pack("{s:i, s:s}", "number", number, "text", "a line feed \n is written as two characters");
}

static bool append(int number)
{
    struct error err = {.reason = ERROR_NONE};
    json_t *line = line_of(number);
    bool ok = history_append(path, line, &err);

    json_decref(line);
    assert_int_equal(err.reason, ok ? ERROR_NONE : ERROR_RECORD_FAILED);
    return ok;
}

static size_t read_file(char text[static TEXT_MAX])
{
    FILE *file = fopen(path, "r");
    size_t len;
    int closed;

    assert_non_null(file);
    len = fread(text, 1, TEXT_MAX - 1, file);
    text[len] = '\0';
    closed = fclose(file);
    assert_int_equal(closed, 0);
    return len;
}

static void write_file(const char *text, size_t len)
{
    FILE *file = fopen(path, "w");
    size_t written;
    int closed;

    assert_non_null(file);
    written = fwrite(text, 1, len, file);
    closed = fclose(file);
    assert_int_equal(written, len);
    assert_int_equal(closed, 0);
}

/* How many lines are there; each must be one of ours, whole. */
static int count_lines(void)
{
    static char text[TEXT_MAX];
    char *rest = NULL;
    int count = 0;

    (void)read_file(text);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest), count++) {
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        json_t *expected = line_of((int)json_integer_value(json_object_get(object, "number")));

        assert_true(json_equal(object, expected));
        json_decref(object);
        json_decref(expected);
    }
    return count;
}

static void test_folders_and_file_are_for_this_user_alone(void **state)
{
    struct stat found;

    (void)state;
    assert_true(append(1));
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_true(append(2));
    assert_int_equal(count_lines(), 2);
}

/* Cut anywhere, the next line stands by itself, and the one before is as it was. */
static void test_every_cut_of_a_line(void **state)
{
    static char whole[TEXT_MAX], now[TEXT_MAX];
    size_t one, len;

    (void)state;
    assert_true(append(1));
    one = read_file(whole);
    assert_true(append(2));
    len = read_file(whole);
    for (size_t cut = one; cut <= len; cut++) {
        const char *last;
        json_t *third;
        size_t after;

        write_file(whole, cut);
        assert_true(append(3));
        after = read_file(now);
        assert_memory_equal(now, whole, cut);
        assert_int_equal(now[after - 1], '\n');
        now[after - 1] = '\0';
        last = strrchr(now, '\n');
        assert_non_null(last);
        third = json_loads(last + 1, JSON_REJECT_DUPLICATES, NULL);
        assert_int_equal(json_integer_value(json_object_get(third, "number")), 3);
        json_decref(third);
    }
}

/* Several programs at once: no line is lost, none is in another. */
static void test_writers_at_once(void **state)
{
    pid_t writers[WRITERS];

    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        assert_true(writers[i] >= 0);
        if (writers[i] == 0) {
            bool ok = true;

            for (int n = 0; n < LINES; n++)
                ok = append(i * LINES + n) && ok;
            _exit(ok ? 0 : 1);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = 0;

        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(count_lines(), WRITERS * LINES);
}

static void test_what_is_no_file_is_left_alone(void **state)
{
    static char text[TEXT_MAX];
    char other[sizeof folder + 16];

    (void)snprintf(other, sizeof other, "%s/other", folder);
    (void)state;
    assert_true(append(1));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(append(1));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(other, path), 0);
    write_file("mine", 4); /* through the link */
    assert_false(append(1));
    assert_int_equal(read_file(text), 4);
    assert_int_equal(unlink(other), 0);
}

static int begin(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "%s/device/history.jsonl", folder);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    (void)unlink(path);
    return 0;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    char inner[sizeof folder + 16];

    (void)state;
    (void)snprintf(inner, sizeof inner, "%s/device", folder);
    return rmdir(inner) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_folders_and_file_are_for_this_user_alone, begin, clean),
        cmocka_unit_test_setup_teardown(test_every_cut_of_a_line, begin, clean),
        cmocka_unit_test_setup_teardown(test_writers_at_once, begin, clean),
        cmocka_unit_test_setup_teardown(test_what_is_no_file_is_left_alone, begin, clean),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
