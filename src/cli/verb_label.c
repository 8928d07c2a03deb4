/* SPDX-License-Identifier: Apache-2.0 */
/* imprint label: a label for a device that the ledger knows as finished. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/with_ledger.h"
#include "report/attempt.h"
#include "report/check_char.h"
#include "report/label.h"
#include "report/label_png.h"
#include "report/serial_word.h"
#include "station/file.h"
#include "station/folder.h"
#include "station/label_mark.h"
#include "station/printer.h"
#include "station/value.h"

#define WIDTH_MM 40.0 /* a common size of label */
#define HEIGHT_MM 15.0
#define SIZE_MOST_MM 300.0
#define DPI 203 /* of most label printers: 8 dots per millimetre */
#define DPI_MOST 1200

enum label_option {
    OPTION_OUT,
    OPTION_TO,
    OPTION_FORMAT,
    OPTION_WIDTH,
    OPTION_HEIGHT,
    OPTION_DPI,
    OPTION_TEST,
    OPTION_COUNT
};
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_OUT] = {"out", 'o', "FILE", "write to FILE, not to stdout; its ending .svg, .png or .zpl is the format",
                    NULL},
    [OPTION_TO] = {"to", 0, "PLACE", "print it: folder:DIR, cups:PRINTER or zpl:HOST:9100", NULL},
    [OPTION_FORMAT] = {"format", 0, "FORMAT", "svg, png or zpl (default: what FILE or PLACE needs, else svg)",
                       "svg png zpl"},
    [OPTION_WIDTH] = {"width", 0, "MM", "width of the label in millimetres (default: 40)", NULL},
    [OPTION_HEIGHT] = {"height", 0, "MM", "height of the label in millimetres (default: 15)", NULL},
    [OPTION_DPI] = {"dpi", 0, "N", "dots per inch of the printer, for png and zpl (default: 203)", NULL},
    [OPTION_TEST] = {"test", 0, NULL, "a test label of no device: SERIAL is TEST and up to 14 letters or digits", NULL},
};

typedef bool label_writer(FILE *out, const struct label *label, struct error *err);
static const struct format {
    const char *name;
    label_writer *write;
    bool is_binary;
} formats[] = {{"svg", label_write_svg, false}, {"png", label_png_write, true}, {"zpl", label_write_zpl, false}};
#define FORMATS (sizeof formats / sizeof formats[0])

/* To a file, to a printer, or, with neither, to stdout. */
struct target {
    const char *out; /* NULL: no file */
    bool is_printed;
    struct printer printer;
    char kept[PATH_MAX]; /* the file in the printer's folder */
};

static bool refuse(const char *cause, const char *subject, const char *next, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, next);
    error_with_subject(err, subject);
    return false;
}

/* What the options name. False with a reason. */
static bool read_target(const struct cli *cli, struct target *target, struct error *err)
{
    target->out = cli->values[OPTION_OUT];
    target->is_printed = cli->values[OPTION_TO] != NULL;
    if (!target->is_printed)
        return true;
    if (target->out != NULL)
        return refuse("a label goes to a file or to a printer", "--out", "leave out --out, or --to", err);
    return printer_read(cli->values[OPTION_TO], &target->printer, err);
}

/* NULL with a reason. */
static const struct format *find_format(const struct cli *cli, const struct target *target, struct error *err)
{
    const char *name = cli->values[OPTION_FORMAT], *out = target->out;
    const char *dot = out == NULL ? NULL : strrchr(out, '.');

    if (name == NULL && target->is_printed)
        name = printer_usual_format(&target->printer);
    else if (name == NULL)
        name = dot != NULL ? dot + 1 : out == NULL ? "svg" : "";
    if (target->is_printed && !printer_takes(&target->printer, name)) {
        (void)refuse("this printer does not take the format", name, "leave out --format", err);
        return NULL;
    }
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(name, formats[i].name) == 0)
            return &formats[i];
    (void)refuse("not a format of labels", cli->values[OPTION_FORMAT] != NULL ? name : out,
                 "choose one: --format svg, --format png or --format zpl", err);
    return NULL;
}

static bool read_size(const char *text, double least, double most, double *size, struct error *err)
{
    char *end;

    if (text == NULL)
        return true;
    errno = 0;
    *size = strtod(text, &end);
    if (errno == 0 && end != text && *end == '\0' && strspn(text, "0123456789.") == strlen(text) && *size >= least &&
        *size <= most)
        return true;
    return refuse("the size is not a number in its range", text,
                  "give millimetres from 5 to 300, as in --width 40; for --dpi from 100 to 1200", err);
}

static bool read_sizes(const struct cli *cli, struct label *label, struct error *err)
{
    double dpi = DPI;
    const bool ok = read_size(cli->values[OPTION_WIDTH], 5, SIZE_MOST_MM, &label->width_mm, err) &&
                    read_size(cli->values[OPTION_HEIGHT], 5, SIZE_MOST_MM, &label->height_mm, err) &&
                    read_size(cli->values[OPTION_DPI], 100, DPI_MOST, &dpi, err);

    label->dpi = (unsigned)dpi;
    return ok;
}

/* --- what the ledger has of the device --- */

/* The entry of the run that last finished it. False with a reason. */
static bool read_made(struct ledger *ledger, const char *serial, json_t **entry, struct error *err)
{
    uint64_t seq;
    const bool ok = ledger_last_made(ledger, serial, &seq, err);

    if (!ok) {
        error_set(err, ERROR_USAGE, "the ledger has no run that finished this device",
                  "a label is for a finished device; see its attempts: imprint ledger show SERIAL");
        error_with_subject(err, serial);
    }
    *entry = ok ? ledger_load(ledger, seq, err) : NULL;
    if (ok && *entry == NULL)
        error_set(err, ERROR_DATABASE_DAMAGED, "an entry is damaged", "see which: imprint ledger verify");
    return *entry != NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

/* Serial number, profile, then order and board where there are some; a rehearsal says so. */
static void fill(struct label *label, const char *serial, const json_t *entry)
{
    const json_t *evidence = json_object_get(entry, "evidence");
    const char *order = text_of(entry, "order"), *board = text_of(entry, "board");
    char place[LABEL_TEXT_SIZE];

    label_set_serial(label, serial);
    label_add_line(label, text_of(json_object_get(entry, "profile"), "name"));
    (void)snprintf(place, sizeof place, "%.46s%s%.46s", order, order[0] != '\0' && board[0] != '\0' ? " " : "", board);
    label_add_line(label, place);
    if (json_array_size(json_object_get(evidence, "rehearsal")) > 0)
        label_add_line(label, "REHEARSAL");
}

/* --- a label that is for no device --- */

#define TEST_WORD "TEST"
#define TEST_WORD_MOST 18 /* as long as a serial number; it can be none, which has no T */

static bool read_test_word(const char *word, char serial[static LEDGER_DEVICE_SIZE], struct error *err)
{
    const size_t len = strlen(word);

    if (strncmp(word, TEST_WORD, strlen(TEST_WORD)) != 0 || len > TEST_WORD_MOST ||
        strspn(word, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != len)
        return refuse("this is not the text of a test label", word, "write TEST and up to 14 capital letters or digits",
                      err);
    memcpy(serial, word, len + 1);
    return true;
}

static void fill_test(struct label *label, const char *serial)
{
    label_set_serial(label, serial);
    label_add_line(label, "TEST LABEL");
    label_add_line(label, "of no device");
}

/* --- output --- */

/* The caller frees it; NULL with a reason. */
static char *draw(const struct label *label, const struct format *format, size_t *len, struct error *err)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    bool ok = out != NULL && format->write(out, label, err);

    if (out != NULL && fclose(out) != 0)
        ok = false;
    if (ok)
        return text;
    error_set(err, ERROR_UNEXPECTED, "there is no memory for the label", NULL);
    free(text);
    return NULL;
}

/* The file in a folder of labels. False with a reason. */
static bool name_kept(const struct cli *cli, struct target *target, const struct format *format, const char *serial,
                      struct error *err)
{
    const int len = snprintf(target->kept, sizeof target->kept, "%s/%s.%s", target->printer.name, serial, format->name);

    target->out = target->kept;
    if (len <= 0 || (size_t)len >= sizeof target->kept)
        return refuse("the name of the folder is too long", "--to", "choose a shorter one", err);
    return folder_check_output(&cli->station.config, target->kept, err);
}

/* A station that waits for this label is told so by its mark that is gone. */
static bool print(const struct cli *cli, const struct target *target, const char *serial, struct bytes label,
                  struct error *err)
{
    char title[LABEL_TEXT_SIZE];

    (void)snprintf(title, sizeof title, "label %.20s", serial);
    if (target->out != NULL ? !file_replace(target->out, label, 0666, ERROR_INPUT_FILE, err)
                            : !printer_send(&target->printer, title, label, err))
        return false;
    label_mark_note_printed(cli->station.config.state, serial);
    return true;
}

static bool put(const struct cli *cli, struct ledger *ledger, const struct format *format, const struct target *target,
                const char *text, size_t len, struct error *err)
{
    const char *out = target->out;

    if (out != NULL)
        return (ledger == NULL || (file_check_output(out, ledger->database.path, err) &&
                                   file_check_output(out, ledger->key_path, err))) &&
               file_replace(out, bytes_of(text, len), 0666, ERROR_INPUT_FILE, err);
    if (cli->output.json)
        return true;
    if (format->is_binary)
        return output_binary(&cli->output, bytes_of(text, len), err);
    (void)fwrite(text, 1, len, stdout); /* a failure stays with the stream */
    return output_flush(err);
}

static void show(const struct cli *cli, const struct format *format, const struct target *target, const char *serial,
                 const char *text)
{
    const char *out = target->out, *to = cli->values[OPTION_TO];
    const char check[2] = {check_char_of(serial), '\0'};
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:o}", "event", "label", "serial", serial, "check_character",
                               check, "format", format->name, "file", value_text(out));

    if (to != NULL)
        json_object_set_new(object, "to", value_text(to));
    else if (out == NULL && !format->is_binary)
        json_object_set_new(object, "text", json_string(text));
    output_object(&cli->output, object);
    if (out != NULL || to != NULL)
        output_result(&cli->output, "%s: label of %s, check character %s\n", out != NULL ? out : to, serial, check);
}

/* `ledger` NULL: a test label. */
static bool print_label(struct cli *cli, struct ledger *ledger, struct error *err)
{
    struct target target = {.out = NULL};
    const bool is_good = read_target(cli, &target, err);
    const struct format *format = is_good ? find_format(cli, &target, err) : NULL;
    struct label label = {.width_mm = WIDTH_MM, .height_mm = HEIGHT_MM};
    char serial[LEDGER_DEVICE_SIZE];
    json_t *entry = NULL;
    char *text = NULL;
    size_t len = 0;
    bool ok = format != NULL && read_sizes(cli, &label, err) &&
              (ledger != NULL ? serial_word_read(cli->arguments[0], serial, err)
                              : read_test_word(cli->arguments[0], serial, err));

    if (ok && target.is_printed && target.printer.kind == PRINTER_FOLDER)
        ok = name_kept(cli, &target, format, serial, err);
    if (ok && cli->output.json && format->is_binary && target.out == NULL && !target.is_printed)
        ok = refuse("a PNG cannot be printed with --json", "--format", "name a file: --out FILE", err);
    if (ok && (ledger == NULL || read_made(ledger, serial, &entry, err))) {
        if (ledger == NULL)
            fill_test(&label, serial);
        else
            fill(&label, serial, entry);
        text = draw(&label, format, &len, err);
    }
    json_decref(entry);
    ok = text != NULL && (target.is_printed ? print(cli, &target, serial, bytes_of(text, len), err)
                                            : put(cli, ledger, format, &target, text, len, err));
    if (ok)
        show(cli, format, &target, serial, text);
    free(text);
    if (!ok)
        error_doing(err, "make the label");
    return ok;
}

static enum cli_exit run_label(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    if (cli->values[OPTION_TEST] == NULL)
        return with_ledger(cli, LEDGER_READ, print_label);
    return print_label(cli, NULL, &err) ? CLI_DONE : output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_label = {
    .name = "label",
    .arguments = "SERIAL",
    .summary = "Make a label for a finished device, with a QR code",
    .description = "The QR code holds the serial number. In text are the serial number with its\n"
                   "check character (ISO/IEC 7064, MOD 37,36), the profile, and order and board\n"
                   "number where the ledger has them. Only for devices that the ledger has as\n"
                   "finished; the label of a rehearsal says so.\n"
                   "\n"
                   "SERIAL may have its check character at the end, and hyphens, as on the label;\n"
                   "a wrong one is refused. Changes nothing.\n"
                   "\n"
                   "--to prints it: into a folder, by a printer of CUPS (lp -d), or as ZPL to the\n"
                   "port of a label printer, at most 20 s. Whether paper came out, no printer tells.\n"
                   "\n"
                   "--test makes a label of no device, marked TEST, to try a printer and a scanner.\n",
    .examples = "  imprint label TEST1 --test --to zpl:printer.local:9100\n"
                "  imprint label 0123A1B2C3D4E5F601 --out label.png --dpi 300\n"
                "  imprint label 0123A1B2C3D4E5F601 --to zpl:printer.local:9100\n"
                "  imprint label 0123-A1B2-C3D4-E5F6-01-X --format zpl > /dev/usb/lp0\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_label,
};
