/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and objects. Allocation failure of jansson shows as a missing object and is caught by output_object(). */
#include "cli/output.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "chip/words.h"
#include "cli/cli.h"
#include "cli/printable.h"
#include "station/stop.h"
#include "station/value.h"

static void print(FILE *stream, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
static void line_to_stderr(const char *before, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Formatted text, made safe as a whole: a line feed within it does not end the line. */
static void print(FILE *stream, const char *format, va_list arguments)
{
    char *text;

    if (vasprintf(&text, format, arguments) < 0) {
        fputs("(no memory for this text)", stream);
        return;
    }
    printable_write(stream, text);
    free(text);
}

static void line_to_stderr(const char *before, const char *format, va_list arguments)
{
    /* Results that came first are to be seen first where both streams go to one place. */
    fflush(stdout);
    fputs(before, stderr);
    print(stderr, format, arguments);
    fputc('\n', stderr);
}

static bool ends_line(const char *format)
{
    const size_t len = strlen(format);

    return len > 0 && format[len - 1] == '\n';
}

void output_result(const struct output *output, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    if (output->json)
        return;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) >= 0) {
        if (ends_line(format))
            text[strlen(text) - 1] = '\0';
        printable_write(stdout, text);
        if (ends_line(format))
            putchar('\n');
        free(text);
    }
    va_end(arguments);
}

void output_lines(const struct output *output, const char *text)
{
    const char *end;

    if (output->json)
        return;
    while ((end = strchr(text, '\n')) != NULL) {
        output_result(output, "%.*s\n", (int)(end - text), text);
        text = end + 1;
    }
    output_result(output, "%s", text);
}

void output_say(const struct output *output, const char *format, ...)
{
    va_list arguments;

    if (output->json || output->talk == OUTPUT_QUIET)
        return;
    va_start(arguments, format);
    line_to_stderr("", format, arguments);
    va_end(arguments);
}

void output_next(const struct output *output, const char *next)
{
    char *completed = advice_complete(&output->given, next);

    output_say(output, "next: %s", completed != NULL ? completed : next);
    free(completed);
}

void output_detail(const struct output *output, const char *format, ...)
{
    va_list arguments;

    if (output->json || output->talk != OUTPUT_VERBOSE)
        return;
    va_start(arguments, format);
    line_to_stderr("", format, arguments);
    va_end(arguments);
}

void output_warn(const struct output *output, const char *format, ...)
{
    va_list arguments;
    char text[2048];

    va_start(arguments, format);
    if (output->json) {
        vsnprintf(text, sizeof text, format, arguments);
        output_object(output, json_pack("{s:s, s:o}", "event", "warning", "text", value_text(text)));
    } else {
        line_to_stderr("imprint: warning: ", format, arguments);
    }
    va_end(arguments);
}

void output_warn_of(const struct output *output, const char *what, const struct error *failure, const char *next)
{
    const char *cause = failure->cause != NULL ? failure->cause : error_reason_name(failure->reason);
    const bool has_system = failure->system_errno != 0, has_subject = failure->subject != NULL, has_next = next != NULL;

    output_warn(output, "%s: %s%s%s%s%s%s%s%s", what, cause, has_system ? ": " : "",
                has_system ? strerror(failure->system_errno) : "", has_subject ? " (" : "",
                has_subject ? failure->subject : "", has_subject ? ")" : "", has_next ? "; " : "",
                has_next ? next : "");
}

/* jansson leaves DEL as it is; in JSON it can only stand in a string. */
static void put_json(FILE *stream, const char *text)
{
    for (const char *rest = text; *rest != '\0';) {
        const size_t len = strcspn(rest, "\x7f");

        (void)fwrite(rest, 1, len, stream);
        rest += len;
        if (*rest != '\0') {
            fputs("\\u007f", stream);
            rest++;
        }
    }
    fputc('\n', stream);
}

static void print_object(FILE *stream, json_t *object)
{
    /* ASCII alone: a control character in a name reaches no terminal by this way either. */
    char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);

    /* No memory, or text that is not UTF-8 (value_text() makes it so): still one valid line. */
    put_json(stream,
             text == NULL
                 ? "{\"event\":\"error\",\"reason\":\"unexpected\",\"cause\":\"the result cannot be written as JSON\"}"
                 : text);
    free(text);
    json_decref(object);
}

void output_object_always(json_t *object)
{
    print_object(stdout, object);
}

void output_object(const struct output *output, json_t *object)
{
    if (output->json)
        print_object(output->objects_to_stderr ? stderr : stdout, object);
    else
        json_decref(object);
}

/* Up to `size` - 1 bytes of a file below /proc/PID, closed with a NUL. How many there were. */
static size_t read_about_process(uint32_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    FILE *file;
    size_t len = 0;

    snprintf(path, sizeof path, "/proc/%" PRIu32 "/%s", pid, name);
    file = fopen(path, "r");
    if (file != NULL) {
        len = fread(text, 1, size - 1, file);
        fclose(file);
    }
    text[len] = '\0';
    return len;
}

/* The verb among the words of a command line, each closed with a NUL; NULL when there is none. */
static const char *find_verb(const char *words, size_t len)
{
    for (size_t at = strlen(words) + 1; at < len; at += strlen(words + at) + 1) {
        const char *word = words + at, *next = at + strlen(word) + 1 < len ? word + strlen(word) + 1 : "";

        for (size_t i = 0; i < cli_verb_count; i++) {
            const char *name = cli_verbs[i]->name;
            const size_t first = strcspn(name, " ");

            if (strlen(word) == first && strncmp(word, name, first) == 0 &&
                (name[first] == '\0' || strcmp(name + first + 1, next) == 0))
                return name;
        }
    }
    return NULL;
}

/* The program that holds a device, "imprint provision" for pid 4711, as far as the system tells. */
static void name_of_process(uint32_t pid, char *name, size_t size)
{
    char words[4096];
    const char *verb = NULL;
    size_t n;

    if (read_about_process(pid, "comm", name, size) == 0)
        return;
    name[strcspn(name, "\n")] = '\0';
    if (strcmp(name, "imprint") == 0)
        verb = find_verb(words, read_about_process(pid, "cmdline", words, sizeof words));
    n = strlen(name);
    if (verb != NULL)
        snprintf(name + n, size - n, " %s", verb);
}

/* Which process holds a device that is busy. */
static void add_holder(json_t *object, uint32_t process)
{
    char holder[64];

    json_object_set_new(object, "holder", json_integer(process));
    name_of_process(process, holder, sizeof holder);
    if (holder[0] != '\0')
        json_object_set_new(object, "holder_name", value_text(holder));
}

static void error_as_object(const struct output *output, const struct error *err, enum cli_exit code)
{
    json_t *object = json_pack("{s:s}", "event", "error"), *facts = value_error(err);

    json_object_update(object, facts);
    json_decref(facts);
    json_object_set_new(object, "exit", json_integer(code));
    if (err->has_serial)
        json_object_set_new(object, "serial", value_hex(bytes_of(err->serial, sizeof err->serial)));
    if (output->device != NULL)
        json_object_set_new(object, "device", value_text(output->device));
    if (err->reason == ERROR_DEVICE_BUSY && err->found != 0)
        add_holder(object, err->found);
    json_object_set_new(object, "next", value_text(err->next));
    output_object(output, object);
}

static void say_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print(stderr, format, arguments);
    va_end(arguments);
}

/* Puts ", " between the details in parentheses, "(" before the first. */
static void next_detail(bool *open)
{
    say_error("%s", *open ? ", " : " (");
    *open = true;
}

/* Where it failed: file and place in it, slot, key, chip, device. True: something was said. */
static bool say_where(const struct output *output, const struct error *err)
{
    bool open = false;
    char serial[HEX_SIZE(ERROR_SERIAL_BYTES)];

    if (err->subject != NULL) {
        next_detail(&open);
        say_error("%s", err->subject);
        if (err->line != 0)
            say_error(":%" PRIu32, err->line);
        if (err->line != 0 && err->column != 0)
            say_error(":%" PRIu32, err->column);
    } else if (err->line != 0) {
        next_detail(&open);
        say_error("line %" PRIu32, err->line);
    }
    if (err->has_slot) {
        next_detail(&open);
        say_error("slot %u", err->slot);
    }
    if (err->key_id != 0) {
        next_detail(&open);
        say_error("key %" PRIu32, err->key_id);
    }
    if (err->has_serial) {
        next_detail(&open);
        hex_encode(bytes_of(err->serial, sizeof err->serial), serial);
        say_error("chip %s", serial);
    }
    /* What is wrong with the command line is so for any device. */
    if (output->device != NULL && err->reason != ERROR_USAGE &&
        (err->subject == NULL || strcmp(output->device, err->subject) != 0)) {
        next_detail(&open);
        say_error("%s", output->device);
    }
    if (open)
        say_error(")");
    return open;
}

static void say_holder(uint32_t process)
{
    char holder[64];

    name_of_process(process, holder, sizeof holder);
    say_error(": process %" PRIu32, process);
    if (holder[0] != '\0')
        say_error(" (%s)", holder);
}

/* The cause, and the numbers that belong to it. */
static void say_why(const struct error *err)
{
    say_error("%s", err->cause);
    if (err->reason == ERROR_DEVICE_BUSY) {
        if (err->found != 0)
            say_holder(err->found);
    } else if (err->has_config_offset) {
        say_error("; byte %u of the config zone is 0x%02" PRIX32 ", expected 0x%02" PRIX32, err->config_offset,
                  err->found, err->expected);
    } else if (err->expected != 0 || err->found != 0) {
        say_error("; expected %" PRIu32 ", found %" PRIu32, err->expected, err->found);
    }
    if (err->has_chip_status)
        say_error("; %s answered 0x%02X", err->command != NULL ? err->command : "the chip", err->chip_status);
    else if (err->command != NULL)
        say_error("; the command was %s", err->command);
    if (err->psa_status != 0)
        say_error("; PSA status %" PRId32, err->psa_status);
    if (err->system_errno != 0)
        say_error(": %s", strerror(err->system_errno));
}

static void error_as_text(const struct output *output, const struct error *err)
{
    say_error("imprint: ");
    if (err->doing != NULL)
        say_error("cannot %s", err->doing);
    if (say_where(output, err) || err->doing != NULL)
        say_error(": ");
    say_why(err);
    fputc('\n', stderr);
    say_error("next: %s", err->next);
    fputc('\n', stderr);
}

enum cli_exit output_error(const struct output *output, const struct error *err)
{
    struct error shown = *err;
    FILE *const stream = output->json ? stdout : stderr;
    enum cli_exit code;
    char *next;

    if (shown.reason == ERROR_NONE)
        shown.reason = ERROR_UNEXPECTED;
    chip_words_for_failure(&shown);
    chip_words_for_rule(&shown);
    if (shown.cause == NULL)
        shown.cause = "a part of imprint failed without saying why";
    if (shown.doing == NULL)
        shown.doing = shown.reason == ERROR_USAGE ? "understand the command line" : "continue";
    if (shown.next == NULL)
        shown.next = error_reason_advice(shown.reason);
    next = advice_complete(&output->given, shown.next);
    if (next != NULL)
        shown.next = next;
    code = (enum cli_exit)error_reason_exit(shown.reason);
    fflush(stdout);
    flockfile(stream);
    if (output->json)
        error_as_object(output, &shown, code);
    else
        error_as_text(output, &shown);
    stop_after_last_word((int)code);
    funlockfile(stream);
    free(next);
    return code;
}

bool output_binary(const struct output *output, struct bytes data, struct error *err)
{
    static const char digits[] = "0123456789ABCDEF";

    if (isatty(STDOUT_FILENO)) {
        output_say(output, "imprint: shown in hex on a terminal; redirect stdout to get the bytes");
        for (size_t i = 0; i < data.len; i++)
            printf("%c%c", digits[data.data[i] >> 4], digits[data.data[i] & 15]);
        putchar('\n');
    } else {
        fwrite(data.data, 1, data.len, stdout);
    }
    return output_flush(err);
}

/* Asked of the pipe itself: by now errno may be another call's. */
static bool reader_has_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

bool output_flush(struct error *err)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_has_gone())
        return true;
    error_set(err, ERROR_OUTPUT_FAILED, "cannot write to stdout", NULL);
    error_with_errno(err, errno);
    error_doing(err, "print the result");
    return false;
}

void output_time(uint64_t microseconds, char text[static OUTPUT_TIME_SIZE])
{
    if (microseconds >= 10 * 1000 * 1000)
        snprintf(text, OUTPUT_TIME_SIZE, "%" PRIu64 " s", microseconds / (1000 * 1000));
    else if (microseconds >= 1000 * 1000)
        snprintf(text, OUTPUT_TIME_SIZE, "%" PRIu64 ".%02" PRIu64 " s", microseconds / (1000 * 1000),
                 microseconds / 10000 % 100);
    else if (microseconds >= 1000)
        snprintf(text, OUTPUT_TIME_SIZE, "%" PRIu64 " ms", microseconds / 1000);
    else
        snprintf(text, OUTPUT_TIME_SIZE, "%" PRIu64 " us", microseconds);
}
