/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/hex.h"
#include "cli/printable.h"
#include "provision/use.h"
#include "provision/steps.h"
#include "psa/uses.h"

#define BAR_WIDTH 24

/* A terminal that can go back on a line; TERM=dumb is how editors and serial consoles say that they cannot. */
static bool can_redraw(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

/* Columns of the terminal; it may change its size at any time. */
static size_t width_of_terminal(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void progress_init(struct progress *progress, const struct output *output, const struct profile *profile,
                   const struct provision_plan *plan)
{
    *progress = (struct progress){
        .output = output,
        .profile = profile,
        .terminal = can_redraw() && !output->json && output->talk == OUTPUT_NORMAL,
    };
    for (size_t i = 0; i < plan->step_count; i++)
        progress->total += plan->steps[i].done ? 0 : 1;
}

/* What the step does to this device: adopting makes no key, whatever the profile's method was. */
static const char *action_of(const struct provision_step *step)
{
    return step->adopts ? "adopt-key" : step->kind->name;
}

void progress_name(const struct profile *profile, const struct provision_step *step,
                   char text[static PROGRESS_TEXT_SIZE])
{
    size_t n;

    snprintf(text, PROGRESS_TEXT_SIZE, "%s", action_of(step));
    if (step->key >= 0) {
        const struct profile_key *key = &profile->keys[step->key];

        n = strlen(text);
        snprintf(text + n, PROGRESS_TEXT_SIZE - n, " %" PRIu32 " %s", key->id, key->name);
    } else if (step->datum != 0) {
        n = strlen(text);
        snprintf(text + n, PROGRESS_TEXT_SIZE - n, " %s", profile->data[step->datum - 1].name);
    }
}

void progress_describe(const struct profile *profile, const struct provision_step *step,
                       char text[static PROGRESS_TEXT_SIZE])
{
    size_t n;

    progress_name(profile, step, text);
    if (step->slot != PROFILE_SLOT_ANY) {
        n = strlen(text);
        snprintf(text + n, PROGRESS_TEXT_SIZE - n, ", slot %u", step->slot);
    }
}

static void lost_text(const struct provision_step *step, char text[static HEX_SIZE(PROVISION_LOST_BYTES)])
{
    hex_encode(bytes_of(step->lost, sizeof step->lost), text);
}

#define LOSES_DATA "what the slots of the certificate hold now is lost"

/* What the key signs, and what that costs. */
static void uses_text(const struct provision_step *step, char text[static PROGRESS_CONSEQUENCE_SIZE])
{
    const char *what = step->kind == &provision_step_prove_tls ? "the handshake"
                       : !step->spends_use                     ? "a certificate request"
                       : step->uses_spent == 1                 ? "to prove itself"
                                                               : "to prove itself, and a certificate request";

    snprintf(text, PROGRESS_CONSEQUENCE_SIZE,
             "its key signs %s: %s of the uses that the chip counts (LimitedUse) %s spent%s", what,
             step->uses_spent == 1 ? "one" : "two", step->uses_spent == 1 ? "is" : "are",
             step->loses_data ? "; " LOSES_DATA : "");
}

void progress_consequence(const struct provision_step *step, char text[static PROGRESS_CONSEQUENCE_SIZE])
{
    char lost[HEX_SIZE(PROVISION_LOST_BYTES)];

    text[0] = '\0';
    if (step->uses_spent != 0) {
        uses_text(step, text);
    } else if (step->shows_lost) {
        lost_text(step, lost);
        snprintf(text, PROGRESS_CONSEQUENCE_SIZE, "%s in slot %u is lost (SHA-256 of its public key begins %s)",
                 step->loses_unused ? "the maker's unused key" : "the key", step->slot, lost);
    } else if (step->replaces) {
        snprintf(text, PROGRESS_CONSEQUENCE_SIZE, "the key in slot %u is lost (the chip does not show its public key)",
                 step->slot);
    } else if (step->loses_data) {
        snprintf(text, PROGRESS_CONSEQUENCE_SIZE, LOSES_DATA);
    } else if (step->forever && step->datum != 0 && step->kind->consequence == NULL) {
        snprintf(text, PROGRESS_CONSEQUENCE_SIZE, "what slot %u holds now is lost", step->slot);
    } else if (step->kind->consequence != NULL) {
        snprintf(text, PROGRESS_CONSEQUENCE_SIZE, "%s", step->kind->consequence);
    }
}

json_t *progress_uses_left(uint32_t left)
{
    return left == DRIVER_USES_UNKNOWN ? json_null() : json_integer(left);
}

json_t *progress_object(const struct profile *profile, const struct provision_step *step)
{
    char consequence[PROGRESS_CONSEQUENCE_SIZE], lost[HEX_SIZE(PROVISION_LOST_BYTES)];
    json_t *object = json_pack("{s:s, s:b, s:b, s:b}", "action", action_of(step), "done", (int)step->done, "persistent",
                               (int)step->is_persistent, "forever", (int)step->forever);

    if (step->key >= 0) {
        json_object_set_new(object, "key_id", json_integer(profile->keys[step->key].id));
        json_object_set_new(object, "name", json_string(profile->keys[step->key].name));
    }
    if (step->datum != 0) {
        const struct profile_datum *datum = &profile->data[step->datum - 1];

        json_object_set_new(object, "name", json_string(datum->name));
        if (datum->id != 0)
            json_object_set_new(object, "key_id", json_integer(datum->id));
    }
    if (step->slot != PROFILE_SLOT_ANY)
        json_object_set_new(object, "slot", json_integer(step->slot));
    if (step->limited) {
        json_object_set_new(object, "spends_use", json_boolean(step->uses_spent != 0));
        json_object_set_new(object, "uses_spent", json_integer(step->uses_spent));
        json_object_set_new(object, "uses_left", progress_uses_left(step->uses_left));
    }
    if (step->replaces) {
        lost_text(step, lost);
        json_object_set_new(object, "lost_key", step->shows_lost ? json_string(lost) : json_null());
        if (step->loses_unused)
            json_object_set_new(object, "lost_unused", json_true());
    }
    progress_consequence(step, consequence);
    if (consequence[0] != '\0')
        json_object_set_new(object, "consequence", json_string(consequence));
    return object;
}

json_t *progress_plan(const struct profile *profile, const struct provision_plan *plan)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind != NULL) /* a board's step whose line was lost */
            json_array_append_new(steps, progress_object(profile, &plan->steps[i]));
    return steps;
}

static void show_bar(struct progress *progress, size_t finished, const char *text)
{
    char bar[BAR_WIDTH + 1], line[BAR_WIDTH + PROGRESS_TEXT_SIZE + 48];
    size_t filled = progress->total == 0 ? BAR_WIDTH : finished * BAR_WIDTH / progress->total;

    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', filled);
    bar[BAR_WIDTH] = '\0';
    snprintf(line, sizeof line, "[%s] %zu/%zu %s", bar, finished, progress->total, text);
    /*
     * Carriage return, and erase to the end of the line (ECMA-48 EL): nothing of the longer line before stays. A line
     * that fills the terminal would wrap, and the next one would start below it. A byte is a column here: names in a
     * profile are ASCII (profile_name_valid()).
     */
    line[width_of_terminal() < sizeof line ? width_of_terminal() - 1 : sizeof line - 1] = '\0';
    fputc('\r', stderr);
    printable_write(stderr, line);
    fputs("\033[K", stderr);
    fflush(stderr);
    progress->bar_shown = true;
}

void progress_step(struct progress *progress, const struct provision_step *step, bool finished)
{
    char text[PROGRESS_TEXT_SIZE], took[OUTPUT_TIME_SIZE];
    json_t *object;

    if (step != progress->step) /* a board's line that says "started" may have been damaged */
        progress->number++;
    progress->step = step;
    progress_describe(progress->profile, step, text);
    if (progress->output->json) {
        object = progress_object(progress->profile, step);
        json_object_set_new(object, "event", json_string(finished ? "step-done" : "step"));
        if (finished)
            json_object_set_new(object, "chip_us", json_integer(step->chip_us));
        output_object(progress->output, object);
    } else if (progress->terminal) {
        show_bar(progress, finished ? progress->number : progress->number - 1, text);
    } else if (finished) {
        output_time(step->chip_us, took);
        output_say(progress->output, "[%zu/%zu] %s: %s", progress->number, progress->total, text,
                   step->chip_us != 0   ? took
                   : step->kind->by_use ? "done"
                                        : "done without a chip command");
    } else {
        output_detail(progress->output, "[%zu/%zu] %s ...", progress->number, progress->total, text);
    }
}

void progress_end(struct progress *progress)
{
    if (progress->bar_shown)
        fputs("\r\033[K", stderr);
    progress->bar_shown = false;
}

void progress_show(void *progress, const struct provision_step *step, bool finished)
{
    progress_step(progress, step, finished);
}

void progress_lock(struct progress *progress, const uint8_t serial[static CHIP_SERIAL_BYTES],
                   const struct provision_step *step)
{
    char text[PROGRESS_TEXT_SIZE], serial_text[HEX_SIZE(CHIP_SERIAL_BYTES)], consequence[PROGRESS_CONSEQUENCE_SIZE];
    json_t *object;

    progress_end(progress);
    progress_describe(progress->profile, step, text);
    progress_consequence(step, consequence);
    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), serial_text);
    output_say(progress->output, "imprint: for ever, on chip %s: %s: %s", serial_text, text,
               consequence[0] == '\0' ? "this cannot be undone" : consequence);
    object = progress_object(progress->profile, step);
    json_object_set_new(object, "event", json_string("lock"));
    json_object_set_new(object, "serial", json_string(serial_text));
    output_object(progress->output, object);
}
