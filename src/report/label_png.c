/* SPDX-License-Identifier: Apache-2.0 */
#include "report/label_png.h"

#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "report/label_layout.h"

#define GLYPH_WIDTH 5
#define GLYPH_HEIGHT 7
#define WHITE 0xff

/* Five by seven dots, a row a byte, the left dot its bit 4. */
static const struct glyph {
    char character;
    uint8_t rows[GLYPH_HEIGHT];
} glyphs[] = {
    {'0', {0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}}, {'1', {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e}},
    {'2', {0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f}}, {'3', {0x1e, 0x01, 0x01, 0x0e, 0x01, 0x01, 0x1e}},
    {'4', {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}}, {'5', {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e}},
    {'6', {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}}, {'7', {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08}},
    {'8', {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}}, {'9', {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c}},
    {'A', {0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}}, {'B', {0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e}},
    {'C', {0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e}}, {'D', {0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e}},
    {'E', {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f}}, {'F', {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10}},
    {'G', {0x0e, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0f}}, {'H', {0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}},
    {'I', {0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e}}, {'J', {0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0c}},
    {'K', {0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11}}, {'L', {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f}},
    {'M', {0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11}}, {'N', {0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11}},
    {'O', {0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e}}, {'P', {0x1e, 0x11, 0x11, 0x1e, 0x10, 0x10, 0x10}},
    {'Q', {0x0e, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0d}}, {'R', {0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11}},
    {'S', {0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e}}, {'T', {0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04}},
    {'U', {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e}}, {'V', {0x11, 0x11, 0x11, 0x11, 0x11, 0x0a, 0x04}},
    {'W', {0x11, 0x11, 0x11, 0x15, 0x15, 0x1b, 0x11}}, {'X', {0x11, 0x11, 0x0a, 0x04, 0x0a, 0x11, 0x11}},
    {'Y', {0x11, 0x11, 0x0a, 0x04, 0x04, 0x04, 0x04}}, {'Z', {0x1f, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1f}},
    {'-', {0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00}}, {'.', {0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0c}},
    {'_', {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1f}}, {'/', {0x01, 0x01, 0x02, 0x04, 0x08, 0x10, 0x10}},
    {':', {0x00, 0x0c, 0x0c, 0x00, 0x0c, 0x0c, 0x00}},
};
/* For what the font lacks. */
static const struct glyph box = {'?', {0x1f, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1f}};
static const struct glyph blank = {' ', {0}};

/* A byte for each dot. */
struct image {
    uint8_t *dots;
    unsigned width, height;
};

static void fill(const struct image *image, unsigned left, unsigned top, unsigned side)
{
    for (unsigned y = top; y < top + side && y < image->height; y++)
        for (unsigned x = left; x < left + side && x < image->width; x++)
            image->dots[(size_t)y * image->width + x] = 0;
}

static const struct glyph *find_glyph(char character)
{
    if (character >= 'a' && character <= 'z')
        character = (char)(character - 'a' + 'A');
    if (character == ' ')
        return &blank;
    for (size_t i = 0; i < sizeof glyphs / sizeof glyphs[0]; i++)
        if (glyphs[i].character == character)
            return &glyphs[i];
    return &box;
}

static void draw_glyph(const struct image *image, const struct glyph *glyph, unsigned left, unsigned top,
                       unsigned scale)
{
    for (unsigned row = 0; row < GLYPH_HEIGHT; row++)
        for (unsigned column = 0; column < GLYPH_WIDTH; column++)
            if ((glyph->rows[row] >> (GLYPH_WIDTH - 1 - column) & 1) != 0)
                fill(image, left + column * scale, top + row * scale, scale);
}

/* The largest whole number of dots for a dot of the font with which the line fits; what does not fit is cut. */
static void draw_line(const struct image *image, const struct label_layout *layout, const char *text, unsigned top)
{
    const unsigned characters = (unsigned)strlen(text);
    unsigned scale = layout->line_height / (GLYPH_HEIGHT + 1), left = layout->text_left;

    while (scale > 1 && characters * (GLYPH_WIDTH + 1) * scale > layout->text_width)
        scale--;
    if (scale == 0)
        scale = 1;
    for (; *text != '\0'; text++) {
        if (((unsigned char)*text & 0xc0) == 0x80)
            continue; /* of the UTF-8 character before */
        draw_glyph(image, find_glyph(*text), left, top, scale);
        left += (GLYPH_WIDTH + 1) * scale;
    }
}

static void draw(const struct image *image, const struct label *label, const struct label_layout *layout)
{
    memset(image->dots, WHITE, (size_t)image->width * image->height);
    for (unsigned y = 0; y < layout->qr_size; y++)
        for (unsigned x = 0; x < layout->qr_size; x++)
            if (layout->dark[y * layout->qr_size + x])
                fill(image, layout->qr_left + x * layout->module, layout->qr_top + y * layout->module, layout->module);
    for (size_t i = 0; i < label->line_count && layout->text_width > 0; i++)
        draw_line(image, layout, label->lines[i], layout->text_top + (unsigned)i * layout->line_height);
}

/* libpng leaves it through longjmp() when it fails; what it has made is freed here. */
static bool encode(FILE *out, const struct image *image, unsigned dpi)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png == NULL ? NULL : png_create_info_struct(png);
    const png_uint_32 per_metre = (png_uint_32)(dpi / 0.0254 + 0.5);

    if (info == NULL || setjmp(png_jmpbuf(png)) != 0) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    png_init_io(png, out);
    png_set_IHDR(png, info, image->width, image->height, 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_pHYs(png, info, per_metre, per_metre, PNG_RESOLUTION_METER);
    png_write_info(png, info);
    for (unsigned y = 0; y < image->height; y++)
        png_write_row(png, image->dots + (size_t)y * image->width);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return true;
}

bool label_png_write(FILE *out, const struct label *label, struct error *err)
{
    struct label_layout layout;
    struct image image;
    bool ok;

    if (!label_lay_out(label, label->dpi / 25.4, &layout, err))
        return false;
    image = (struct image){
        .dots = malloc((size_t)layout.width * layout.height), .width = layout.width, .height = layout.height};
    ok = image.dots != NULL;
    if (ok) {
        draw(&image, label, &layout);
        ok = encode(out, &image, label->dpi);
    }
    free(image.dots);
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "the PNG cannot be made", NULL);
    return ok;
}
