/* SPDX-License-Identifier: Apache-2.0 */
/* Which subjects of requests fit the subject of an order. */
#include "signer/subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cert/name.h"

#define SERIAL "0123456789ABCDEFEE"
#define LOWER "0123456789abcdefee"

static struct profile_certificate certificate_of(const char *subject)
{
    struct profile_certificate certificate = {.kind = PROFILE_KIND_TLS_CLIENT, .valid = 5};

    (void)snprintf(certificate.subject, sizeof certificate.subject, "%s", subject);
    return certificate;
}

static bool matches(const struct profile_certificate *certificate, const char *asked,
                    char text[PROFILE_SUBJECT_TEXT_MAX], uint8_t serial[CHIP_SERIAL_BYTES])
{
    uint8_t room[CERT_NAME_MAX];
    struct bytes_out name = {.data = room, .cap = sizeof room};

    assert_true(cert_read_name(asked, &name, NULL));
    return signer_subject_match(certificate, bytes_written(&name), serial, text);
}

static void test_patterns(void **state)
{
    static const struct {
        const char *pattern, *asked;
        bool fits;
    } rows[] = {
        {"O=Example,CN={serial}", "O=Example,CN=" SERIAL, true},
        {"O=Example,CN={serial}", "O=Example,CN=" LOWER, false},
        {"O=Example,CN={serial:lower}", "O=Example,CN=" LOWER, true},
        {"O=Example,CN={serial:lower}", "O=Example,CN=" SERIAL, false},
        {"CN=sn{serial}x", "CN=sn" SERIAL "x", true},
        {"CN=sn{serial}x", "CN=sn" SERIAL "y", false},
        {"CN=sn{serial}x", "CN=sm" SERIAL "x", false},
        {"CN={serial},serialNumber={serial}", "CN=" SERIAL ",serialNumber=" SERIAL, true},
        {"CN={serial},serialNumber={serial}", "CN=" SERIAL ",serialNumber=0123456789ABCDEFEF", false},
        {"CN={serial},OU={serial:lower}", "CN=" SERIAL ",OU=" LOWER, true},
        {"O=Example,CN=gateway", "O=Example,CN=gateway", true},
        {"O=Example,CN=gateway", "O=Example,CN=gateways", false},
        {"O=Example,CN=gateway", "CN=gateway,O=Example", false},
        {"O=Example,CN=gateway", "O=Example", false},
        {"O=Example,CN=gateway", "O=Example,CN=gateway,OU=x", false},
        {"OU=a,OU=b,CN={serial}", "OU=a,OU=b,CN=" SERIAL, true},
        {"OU=a,OU=b,CN={serial}", "OU=b,OU=a,CN=" SERIAL, false},
        /* Digits that are not a serial number's: a blank between, another length. */
        {"CN={serial}", "CN=0123456789 ABCDEFE", false},
        {"CN={serial}", "CN=0123456789ABCDEF", false},
        {"CN={serial}", "CN=0123456789ABCDEFEE00", false},
        {"CN={serial}", "CN=0123456789ABCDEFGH", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct profile_certificate certificate = certificate_of(rows[i].pattern);
        char text[PROFILE_SUBJECT_TEXT_MAX];
        uint8_t serial[CHIP_SERIAL_BYTES];
        const bool found = matches(&certificate, rows[i].asked, text, serial);

        if (found != rows[i].fits)
            fail_msg("%s against %s: %s", rows[i].asked, rows[i].pattern, found ? "fits" : "does not fit");
        if (found)
            assert_string_equal(text, rows[i].asked);
    }
}

static void test_serial_number(void **state)
{
    static const uint8_t wanted[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xee};
    static const uint8_t none[CHIP_SERIAL_BYTES] = {0};
    const struct profile_certificate with = certificate_of("O=AAAA,CN={serial}"), without = certificate_of("CN=x");
    char text[PROFILE_SUBJECT_TEXT_MAX];
    uint8_t serial[CHIP_SERIAL_BYTES];

    (void)state;
    assert_true(signer_subject_has_serial(&with));
    assert_false(signer_subject_has_serial(&without));
    assert_true(matches(&with, "O=AAAA,CN=" SERIAL, text, serial));
    assert_memory_equal(serial, wanted, sizeof wanted);
    assert_true(matches(&without, "CN=x", text, serial));
    assert_memory_equal(serial, none, sizeof none);
}

/* What a kind adds to the subject is demanded, too. */
static void test_matter(void **state)
{
    struct profile_certificate certificate = certificate_of("CN=DAC {serial}");
    char text[PROFILE_SUBJECT_TEXT_MAX];
    uint8_t serial[CHIP_SERIAL_BYTES];

    (void)state;
    certificate.kind = PROFILE_KIND_MATTER_DAC;
    certificate.vendor_id = 0xfff1;
    certificate.product_id = 0x8000;
    assert_true(
        matches(&certificate, "CN=DAC " SERIAL ",1.3.6.1.4.1.37244.2.1=FFF1,1.3.6.1.4.1.37244.2.2=8000", text, serial));
    assert_false(
        matches(&certificate, "CN=DAC " SERIAL ",1.3.6.1.4.1.37244.2.1=FFF2,1.3.6.1.4.1.37244.2.2=8000", text, serial));
    assert_false(matches(&certificate, "CN=DAC " SERIAL, text, serial));
}

/* DER that is cut or spoiled anywhere is refused, and read within its bounds. */
static void test_broken_names(void **state)
{
    const struct profile_certificate certificate = certificate_of("O=Example,CN={serial}");
    uint8_t room[CERT_NAME_MAX], copy[CERT_NAME_MAX], serial[CHIP_SERIAL_BYTES];
    struct bytes_out name = {.data = room, .cap = sizeof room};
    char text[PROFILE_SUBJECT_TEXT_MAX];

    (void)state;
    assert_true(cert_read_name("O=Example,CN=" SERIAL, &name, NULL));
    for (size_t len = 0; len < name.len; len++)
        assert_false(signer_subject_match(&certificate, bytes_of(room, len), serial, text));
    for (size_t at = 0; at < name.len; at++) {
        memcpy(copy, room, name.len);
        copy[at] ^= 0x40;
        if (signer_subject_match(&certificate, bytes_of(copy, name.len), serial, text))
            assert_true(at >= name.len - 2 * CHIP_SERIAL_BYTES); /* another serial number */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_serial_number),
        cmocka_unit_test(test_matter),
        cmocka_unit_test(test_broken_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
