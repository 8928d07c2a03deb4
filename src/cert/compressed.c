/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last 8 of the 72 bytes. Bytes 64 to 66 are one big-endian number: year << 19 | month << 15 | day << 10 | hour <<
 * 5 | years. Byte 71 has two more bits each of year and years in version 1.
 */
#include "cert/template.h"

#include <string.h>

#define AT_DATES 64
#define AT_SIGNER_ID 67
#define AT_TEMPLATE 69
#define AT_VERSION 70
#define AT_MORE 71

#define FIRST_YEAR 2000
#define YEARS_MAX 127
#define MORE_RESERVED 0x0f

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool are_dates(const struct cert_dates *dates)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (dates->month < 1 || dates->month > 12 || dates->day < 1 || dates->hour > 23)
        return false;
    return dates->day <= days[dates->month - 1] + (dates->month == 2 && is_leap(dates->year) ? 1 : 0);
}

bool cert_compressed_read(const uint8_t bytes[static CERT_COMPRESSED_BYTES], struct cert_compressed *compressed)
{
    const uint32_t packed = (uint32_t)bytes[AT_DATES] << 16 | (uint32_t)bytes[AT_DATES + 1] << 8 | bytes[AT_DATES + 2];
    const uint8_t more = bytes[AT_MORE];

    *compressed = (struct cert_compressed){
        .dates = {.year = (uint16_t)(FIRST_YEAR + (packed >> 19 | (more & 0xc0u) >> 1)),
                  .month = packed >> 15 & 0x0f,
                  .day = packed >> 10 & 0x1f,
                  .hour = packed >> 5 & 0x1f,
                  .years = (uint8_t)((packed & 0x1f) | (more & 0x30u) << 1)},
        .signer_id = {bytes[AT_SIGNER_ID], bytes[AT_SIGNER_ID + 1]},
        .template_id = bytes[AT_TEMPLATE] >> 4,
        .chain_id = bytes[AT_TEMPLATE] & 0x0f,
        .serial_source = bytes[AT_VERSION] >> 4,
        .version = bytes[AT_VERSION] & 0x0f,
    };
    memcpy(compressed->signature, bytes, sizeof compressed->signature);
    if (compressed->version > 1 || (compressed->version == 0 && more != 0) || (more & MORE_RESERVED) != 0)
        return false;
    return are_dates(&compressed->dates);
}

bool cert_compressed_write(const struct cert_compressed *compressed, uint8_t bytes[static CERT_COMPRESSED_BYTES])
{
    const struct cert_dates *dates = &compressed->dates;
    const unsigned year = dates->year - FIRST_YEAR;
    const uint8_t version = compressed->version == 1 || year > 0x1f || dates->years > 0x1f ? 1 : 0;

    if (dates->year < FIRST_YEAR || year > YEARS_MAX || dates->years > YEARS_MAX || !are_dates(dates) ||
        compressed->template_id > 0x0f || compressed->chain_id > 0x0f || compressed->serial_source > 0x0f)
        return false;
    memcpy(bytes, compressed->signature, sizeof compressed->signature);
    bytes[AT_DATES] = (uint8_t)((year & 0x1f) << 3 | dates->month >> 1);
    bytes[AT_DATES + 1] = (uint8_t)((dates->month & 1) << 7 | dates->day << 2 | dates->hour >> 3);
    bytes[AT_DATES + 2] = (uint8_t)((dates->hour & 7) << 5 | (dates->years & 0x1f));
    memcpy(bytes + AT_SIGNER_ID, compressed->signer_id, sizeof compressed->signer_id);
    bytes[AT_TEMPLATE] = (uint8_t)(compressed->template_id << 4 | compressed->chain_id);
    bytes[AT_VERSION] = (uint8_t)(compressed->serial_source << 4 | version);
    bytes[AT_MORE] = (uint8_t)((year & 0x60) << 1 | (dates->years & 0x60) >> 1);
    return true;
}
