/* SPDX-License-Identifier: Apache-2.0 */
#include "report/svg.h"

#include <string.h>

#include "report/markup.h"

/* In units of the drawing, of which 640 are the width of the page's text. */
#define WIDTH 640
#define BAR_STEP 22
#define BAR_HEIGHT 15
#define LABEL_WIDTH 190
#define LABEL_MOST 34 /* characters, in bytes; fewer of other scripts */
#define NOTE_WIDTH 110
#define PLOT_HEIGHT 120

static void begin(FILE *out, const struct svg_words *words, int height)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-labelledby=\"%s-title %s-description\">\n<title id=\"%s-title\">",
            WIDTH, height, words->id, words->id, words->id);
    markup_text(out, words->title);
    fprintf(out, "</title>\n<desc id=\"%s-description\">", words->id);
    markup_text(out, words->description);
    fputs("</desc>\n", out);
}

static void write_text(FILE *out, double x, double y, const char *anchor, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    markup_text(out, text);
    fputs("</text>\n", out);
}

/* A label that has room: cut at the end of a character. */
static void write_label(FILE *out, double x, double y, const char *label)
{
    char cut[LABEL_MOST + 4];
    size_t len = strlen(label);

    if (len > LABEL_MOST) {
        len = LABEL_MOST - 1;
        while (len > 0 && ((unsigned char)label[len] & 0xc0) == 0x80)
            len--;
        memcpy(cut, label, len);
        memcpy(cut + len, "\xe2\x80\xa6", 4); /* an ellipsis */
        label = cut;
    }
    write_text(out, x, y, "end", label);
}

static uint64_t most_of(const struct svg_bar *bars, size_t count)
{
    uint64_t most = 1;

    for (size_t i = 0; i < count; i++)
        if (bars[i].value > most)
            most = bars[i].value;
    return most;
}

void svg_bars(FILE *out, const struct svg_words *words, const struct svg_bar *bars, size_t count)
{
    const double scale = (double)(WIDTH - LABEL_WIDTH - NOTE_WIDTH) / (double)most_of(bars, count);

    begin(out, words, (int)count * BAR_STEP + 4);
    for (size_t i = 0; i < count; i++) {
        const double top = (double)i * BAR_STEP + 3, width = (double)bars[i].value * scale;

        write_label(out, LABEL_WIDTH - 8, top + 12, bars[i].label);
        fprintf(out, "<rect class=\"bar\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>\n", LABEL_WIDTH, top,
                width, BAR_HEIGHT);
        write_text(out, LABEL_WIDTH + width + 6, top + 12, "start", bars[i].note);
    }
    fprintf(out, "<line class=\"axis\" x1=\"%d\" y1=\"0\" x2=\"%d\" y2=\"%d\"/>\n</svg>\n", LABEL_WIDTH, LABEL_WIDTH,
            (int)count * BAR_STEP + 4);
}

void svg_columns(FILE *out, const struct svg_words *words, const struct svg_bar *columns, size_t count)
{
    const double step = (double)WIDTH / (double)(count > 8 ? count : 8);
    const double scale = (double)PLOT_HEIGHT / (double)most_of(columns, count);

    begin(out, words, PLOT_HEIGHT + 40);
    for (size_t i = 0; i < count; i++) {
        const double height = (double)columns[i].value * scale, left = (double)i * step;

        fprintf(out, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", left + step * 0.1,
                18 + PLOT_HEIGHT - height, step * 0.8, height);
        if (columns[i].value > 0)
            write_text(out, left + step / 2, 14 + PLOT_HEIGHT - height, "middle", columns[i].note);
        write_text(out, left + step / 2, PLOT_HEIGHT + 34, "middle", columns[i].label);
    }
    fprintf(out, "<line class=\"axis\" x1=\"0\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n</svg>\n", PLOT_HEIGHT + 18,
            step * (double)count, PLOT_HEIGHT + 18);
}
