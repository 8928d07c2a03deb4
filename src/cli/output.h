/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything the program says. Results go to stdout, talk to stderr; with --json every fact is one object a line on
 * stdout, errors included, and stderr stays empty. No secret ever comes here. Text for people is made safe for a
 * terminal (cli/printable.h), whatever is in the names that it shows.
 */
#ifndef IMPRINT_CLI_OUTPUT_H
#define IMPRINT_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/bytes.h"
#include "cli/advice.h"
#include "cli/exit.h"
#include "base/error.h"

enum output_talk { OUTPUT_NORMAL = 0, OUTPUT_QUIET, OUTPUT_VERBOSE };

struct output {
    bool json;
    bool objects_to_stderr; /* stdout belongs to another program: `virtual run` */
    enum output_talk talk;
    struct advice_given given; /* by the user, for what a message says to do next */
    const char *device; /* for error messages: DEVICE as given; NULL before it is known or for verbs without one */
};

/*
 * A line of the result, or a part of one, for people: nothing with --json. A line feed at the end of `format` ends the
 * line; any other is shown as what it is.
 */
void output_result(const struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A result of several lines that imprint made itself, such as PEM: nothing with --json. */
void output_lines(const struct output *output, const char *text);

/* Talk for people, a line on stderr: nothing with --quiet or --json. */
void output_say(const struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The command to run next, after such a line: completed as an error's is (cli/advice.h), and quiet where that is. */
void output_next(const struct output *output, const char *next);

/* Detail for --verbose, a line on stderr. */
void output_detail(const struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A warning, a line on stderr even with --quiet; with --json an object on stdout. */
void output_warn(const struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same of a failure that ends nothing: "WHAT: its cause (the file or server); NEXT". */
void output_warn_of(const struct output *output, const char *what, const struct error *failure, const char *next);

/* With --json prints `object` on a line of its own. Takes `object` over in every case. */
void output_object(const struct output *output, json_t *object);

/* The same whether --json was given or not. */
void output_object_always(json_t *object);

/*
 * Prints the error and gives the exit code it stands for. An error without a reason counts as unexpected. It is the
 * last word of the run: a signal that comes later adds none.
 */
enum cli_exit output_error(const struct output *output, const struct error *err);

/*
 * Binary results to stdout: as they are, but on a terminal as hex with a note on stderr. False with a reason when
 * stdout cannot be written.
 */
bool output_binary(const struct output *output, struct bytes data, struct error *err);

/*
 * Writes out what stdout still holds. False with a reason when that fails: a full disk. A reader that has closed its
 * end of a pipe has had enough, which is no failure.
 */
bool output_flush(struct error *err);

/* "1.2 s", "340 ms", "85 us" into `text`. */
#define OUTPUT_TIME_SIZE 24
void output_time(uint64_t microseconds, char text[static OUTPUT_TIME_SIZE]);

#endif
