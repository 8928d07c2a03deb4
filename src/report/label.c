/* SPDX-License-Identifier: Apache-2.0 */
#include "report/label.h"

#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

#include "base/error_format.h"
#include "report/check_char.h"
#include "report/label_layout.h"
#include "report/markup.h"

/* A module of at least a quarter millimetre is read by common scanners; two dots print cleanly. */
#define MODULE_LEAST_MM 0.25
#define MODULE_LEAST_DOTS 2
#define TEXT_LEAST_MM 6.0 /* with less room for it nobody could read the text: it is left out */
#define GROUP 4           /* characters of a serial number that are read together */
#define SVG_DOTS_PER_MM 100.0

void label_add_line(struct label *label, const char *text)
{
    if (text[0] != '\0' && label->line_count < LABEL_LINES_MAX)
        (void)snprintf(label->lines[label->line_count++], LABEL_TEXT_SIZE, "%.95s", text);
}

void label_set_serial(struct label *label, const char *serial)
{
    char line[LABEL_TEXT_SIZE] = "";
    size_t n = 0;

    label->serial = serial;
    for (size_t i = 0; serial[i] != '\0' && n < sizeof line - 4; i++) {
        if (i > 0 && i % GROUP == 0)
            line[n++] = '-';
        if (i == (size_t)3 * GROUP) { /* the rest on a line of its own */
            line[n] = '\0';
            label_add_line(label, line);
            n = 0;
        }
        line[n++] = serial[i];
    }
    line[n++] = '-';
    line[n++] = check_char_of(serial);
    line[n] = '\0';
    label_add_line(label, line);
}

/* The code's modules. False without memory, or for what is too long. */
static bool encode(const struct label *label, struct label_layout *layout, struct error *err)
{
    /* Capital letters and digits make the smaller, alphanumeric kind by themselves; level M: 15 % may be damaged. */
    QRcode *code = QRcode_encodeString(label->serial, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    const bool fits = code != NULL && code->width <= LABEL_QR_MOST;

    if (fits) {
        layout->qr_size = (unsigned)code->width;
        for (int i = 0; i < code->width * code->width; i++)
            layout->dark[i] = (code->data[i] & 1) != 0;
    } else {
        error_set(err, ERROR_UNEXPECTED, "the QR code cannot be made", NULL);
    }
    QRcode_free(code);
    return fits;
}

static bool too_small(const struct label *label, const struct label_layout *layout, double dots_per_mm, unsigned module,
                      struct error *err)
{
    const double need = (double)((layout->qr_size + 2 * LABEL_QUIET) * module) / dots_per_mm;

    error_set(err, ERROR_USAGE,
              error_keep_format(err, "the label of %.1f x %.1f mm is too small for its QR code: %.1f mm",
                                label->width_mm, label->height_mm, need),
              "give a larger label with --width and --height, or a printer with more dots per inch with --dpi");
    return false;
}

bool label_lay_out(const struct label *label, double dots_per_mm, struct label_layout *layout, struct error *err)
{
    unsigned modules, least = (unsigned)(MODULE_LEAST_MM * dots_per_mm + 0.999), side;

    memset(layout, 0, sizeof *layout);
    if (!encode(label, layout, err))
        return false;
    least = least < MODULE_LEAST_DOTS ? MODULE_LEAST_DOTS : least;
    layout->width = (unsigned)(label->width_mm * dots_per_mm);
    layout->height = (unsigned)(label->height_mm * dots_per_mm);
    modules = layout->qr_size + 2 * LABEL_QUIET;
    side = layout->height < layout->width ? layout->height : layout->width;
    layout->module = side / modules;
    if (layout->module < least)
        return too_small(label, layout, dots_per_mm, least, err);
    /* Half of the label at most, so that there is room for text. */
    while (layout->module > least && layout->module * modules > layout->width / 2)
        layout->module--;
    layout->qr_left = LABEL_QUIET * layout->module;
    layout->qr_top = (layout->height - layout->qr_size * layout->module) / 2;
    layout->text_left = modules * layout->module;
    layout->text_width = layout->width > layout->text_left ? layout->width - layout->text_left : 0;
    if (layout->text_width < TEXT_LEAST_MM * dots_per_mm)
        layout->text_width = 0;
    layout->line_height = layout->height / (LABEL_LINES_MAX + 1);
    layout->text_top = (layout->height - (unsigned)label->line_count * layout->line_height) / 2;
    return true;
}

/* A line is as high as there is room, and no wider than the label: a character takes 0.6 of its height. */
static double text_size(const struct label_layout *layout, const char *line)
{
    size_t characters = 0;
    double size = layout->line_height * 0.85;

    for (const char *at = line; *at != '\0'; at++)
        characters += ((unsigned char)*at & 0xc0) != 0x80;
    if (characters > 0 && size * 0.62 * (double)characters > layout->text_width)
        size = layout->text_width / (0.62 * (double)characters);
    return size;
}

bool label_write_svg(FILE *out, const struct label *label, struct error *err)
{
    struct label_layout layout;

    if (!label_lay_out(label, SVG_DOTS_PER_MM, &layout, err))
        return false;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.2fmm\" height=\"%.2fmm\" viewBox=\"0 0 %u %u\" "
            "role=\"img\">\n<title>Label of device ",
            label->width_mm, label->height_mm, layout.width, layout.height);
    markup_text(out, label->serial);
    fprintf(out, "</title>\n<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n<path fill=\"#000\" d=\"", layout.width,
            layout.height);
    for (unsigned y = 0; y < layout.qr_size; y++)
        for (unsigned x = 0; x < layout.qr_size; x++)
            if (layout.dark[y * layout.qr_size + x])
                fprintf(out, "M%u %uh%uv%uh-%uz", layout.qr_left + x * layout.module, layout.qr_top + y * layout.module,
                        layout.module, layout.module, layout.module);
    fputs("\"/>\n", out);
    for (size_t i = 0; i < label->line_count && layout.text_width > 0; i++) {
        fprintf(out, "<text x=\"%u\" y=\"%u\" font-family=\"monospace\" font-size=\"%.1f\">", layout.text_left,
                layout.text_top + (unsigned)(i + 1) * layout.line_height - layout.line_height / 4,
                text_size(&layout, label->lines[i]));
        markup_text(out, label->lines[i]);
        fputs("</text>\n", out);
    }
    fputs("</svg>\n", out);
    return true;
}

/* --- ZPL --- */

/* A field's text: ^FH makes _XX a byte, so nothing in it is a command. */
static void put_zpl_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;

        if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
            byte == '-' || byte == '.' || byte == ' ')
            fputc(byte, out);
        else
            fprintf(out, "_%02X", byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
}

/* The code as a graphic: dot for dot as in the PNG, whatever the printer's own QR codes are like. */
static void put_zpl_code(FILE *out, const struct label_layout *layout)
{
    const unsigned side = layout->qr_size * layout->module, row_bytes = (side + 7) / 8;

    fprintf(out, "^FO%u,%u^GFA,%u,%u,%u,", layout->qr_left, layout->qr_top, row_bytes * side, row_bytes * side,
            row_bytes);
    for (unsigned y = 0; y < side; y++) {
        for (unsigned column = 0; column < row_bytes; column++) {
            unsigned byte = 0;

            for (unsigned bit = 0; bit < 8; bit++) {
                const unsigned x = column * 8 + bit;

                byte =
                    byte << 1 | (x < side && layout->dark[y / layout->module * layout->qr_size + x / layout->module]);
            }
            fprintf(out, "%02X", byte);
        }
    }
    fputs("^FS\n", out);
}

bool label_write_zpl(FILE *out, const struct label *label, struct error *err)
{
    struct label_layout layout;

    if (!label_lay_out(label, label->dpi / 25.4, &layout, err))
        return false;
    /* ^CI28: UTF-8. */
    fprintf(out, "^XA\n^CI28\n^PW%u\n^LL%u\n^LH0,0\n", layout.width, layout.height);
    put_zpl_code(out, &layout);
    for (size_t i = 0; i < label->line_count && layout.text_width > 0; i++) {
        const unsigned size = (unsigned)text_size(&layout, label->lines[i]);

        fprintf(out, "^FO%u,%u^A0N,%u,%u^FH^FD", layout.text_left, layout.text_top + (unsigned)i * layout.line_height,
                size, size);
        put_zpl_text(out, label->lines[i]);
        fputs("^FS\n", out);
    }
    fputs("^XZ\n", out);
    return true;
}
