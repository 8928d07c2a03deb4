/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host-side digests beyond encrypted transfers, against values that an independent script and Microchip's host model
 * agreed on: SN 0123456789ABCDEFEE, NumIn 00.., RandOut A0.., key 40.., challenge 80.., OtherData 30.., public key
 * 00..3F, signature FF..C0 downwards, message digest buffer i XOR 5A.
 */
#include "chip/internal_message.h"
#include "chip/kdf.h"
#include "chip/mac.h"
#include "chip/protection.h"
#include "chip/tempkey.h"

#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xEE};

static struct inputs {
    uint8_t num_in[20], rand_out[32], key[32], challenge[32], other_data[13], public_key[64], signature[64],
        digests[64];
} in;

static void count_up(uint8_t *out, size_t len, uint8_t first)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(first + i);
}

static int make_inputs(void **state)
{
    (void)state;
    count_up(in.num_in, sizeof(in.num_in), 0x00);
    count_up(in.rand_out, sizeof(in.rand_out), 0xA0);
    count_up(in.key, sizeof(in.key), 0x40);
    count_up(in.challenge, sizeof(in.challenge), 0x80);
    count_up(in.other_data, sizeof(in.other_data), 0x30);
    count_up(in.public_key, sizeof(in.public_key), 0x00);
    for (size_t i = 0; i < 64; i++) {
        in.signature[i] = (uint8_t)(0xFF - i);
        in.digests[i] = (uint8_t)(i ^ 0x5A);
    }
    return 0;
}

static void assert_hex(const uint8_t *data, size_t len, const char *hex)
{
    char text[HEX_SIZE(96)];

    hex_encode(bytes_of(data, len), text);
    assert_string_equal(text, hex);
}

/* T0 of the vectors: TempKey after the Nonce. */
static struct chip_tempkey after_nonce(void)
{
    struct chip_tempkey tempkey;

    assert_true(chip_tempkey_nonce(&tempkey, 0, in.rand_out, in.num_in));
    assert_hex(tempkey.value, 32, "BEE176F91B7F8D191759F8A596F2065D6805A5CF831563B7D512574EC54A3169");
    return tempkey;
}

static void test_gendig(void **state)
{
    struct chip_tempkey tempkey;
    struct chip_config config = {{0}};

    (void)state;
    tempkey = after_nonce();
    assert_true(chip_tempkey_gendig_slot(&tempkey, 4, in.key, NULL, serial));
    assert_hex(tempkey.value, 32, "2D5D23A45CA657F1AE137A94E4DBE38C54AB3FA7F5C605FFF5DCCCD9107A3CE7");
    tempkey = after_nonce();
    assert_true(chip_tempkey_gendig_nonce(&tempkey, false, in.challenge, serial));
    assert_hex(tempkey.value, 32, "B62E620B1FFFC49B31FB40282A15164E9A0630417A30DB4861B0DF0D44466D75");
    tempkey = after_nonce();
    assert_true(chip_tempkey_gendig_nonce(&tempkey, true, in.challenge, serial));
    assert_hex(tempkey.value, 32, "CC2FDFBBE6F2505CD8DFBD8FAD0EC7360F63080F6F5C0D0B78BF080D857E97B4");
    tempkey = after_nonce();
    assert_true(chip_tempkey_gendig_counter(&tempkey, 1, 0x12345, serial));
    assert_hex(tempkey.value, 32, "A32644831EDC0DD46B1381784116150071A67A21EF3C2616F9DD67B4FF7B77B9");

    memcpy(config.zone, serial, 4);
    memcpy(config.zone + 8, serial + 4, 5);
    memcpy(config.zone + 20 + 2 * 4, "\x8F\x0F", 2);
    memcpy(config.zone + 96 + 2 * 4, "\x3C\x00", 2);
    config.zone[88] = 1 << 4;
    tempkey = after_nonce();
    assert_true(chip_tempkey_gendig_policy(&tempkey, 4, &config));
    assert_hex(tempkey.value, 32, "ADC81939E013FFD13BD6A520D277183012FB4256E15372C927DE4030B38AD6EF");
}

/* SourceFlag | GenDigData, GenKeyData, NoMac and the slot, as each filling leaves them. */
static void test_flags(void **state)
{
    struct chip_tempkey tempkey = after_nonce();

    (void)state;
    assert_int_equal(chip_tempkey_flags(&tempkey), 0x00);
    assert_true(chip_tempkey_gendig_slot(&tempkey, 6, in.key, in.other_data, serial));
    assert_int_equal(chip_tempkey_flags(&tempkey), 0xA6);
    assert_true(chip_tempkey_genkey_stored(&tempkey, 14, in.other_data, in.public_key, serial));
    assert_int_equal(chip_tempkey_flags(&tempkey), 0x4E);
    assert_true(chip_tempkey_gendig_config(&tempkey, 2, in.key, serial));
    assert_int_equal(chip_tempkey_flags(&tempkey), 0x00);
    chip_tempkey_load(&tempkey, bytes_of(in.digests, 64));
    assert_int_equal(chip_tempkey_flags(&tempkey), 0x10);
    assert_memory_equal(tempkey.value, in.digests, 64);
    assert_true(chip_tempkey_gendig_slot(&tempkey, 3, in.key, NULL, serial));
    assert_int_equal(chip_tempkey_flags(&tempkey), 0x33);
    assert_true(chip_tempkey_genkey_private(&tempkey, CHIP_GENKEY_DIGEST, 7, in.public_key, serial));
    assert_int_equal(chip_tempkey_flags(&tempkey), 0x57);
    assert_true(chip_tempkey_mix(&tempkey, 0, in.num_in));
    assert_int_equal(chip_tempkey_flags(&tempkey), 0x00);
}

static void test_macs(void **state)
{
    struct chip_tempkey tempkey = after_nonce();
    uint8_t mac[32];
    uint8_t other[13];

    (void)state;
    assert_true(chip_mac_response(0x41, 4, in.key, tempkey.value, NULL, serial, mac));
    assert_hex(mac, 32, "00A437B9AC49507D8D716DB80B221F4594BED59DA02AE575CBB417596C63C86A");
    assert_true(chip_mac_response(0x00, 4, in.key, in.challenge, NULL, serial, mac));
    assert_hex(mac, 32, "CCFEA638B1D90175E3DDAB0EBBB4145E6E1A7C6BF4E1C7F3EC6EE06B4A3298CB");
    assert_true(chip_mac_check(0x01, in.key, tempkey.value, in.other_data, NULL, serial, mac));
    assert_hex(mac, 32, "E75B780EF8A6E80F08B4E946D1E67C31915EE4A82208DE7D05DAA1B36D241CF2");
    assert_true(chip_mac_hmac(0x40, 4, in.key, tempkey.value, serial, mac));
    assert_hex(mac, 32, "8F584838FCF58A0614703622421710F1C11781444072712070ECE9005A027A3F");

    /* A MAC with all of the serial number is what CheckMac reproduces from OtherData. */
    chip_mac_other_data(0x41, 4, NULL, serial, other);
    assert_hex(other, 13, "0841040000000089ABCDEF4567");
    assert_true(chip_mac_check(0x01, in.key, tempkey.value, other, NULL, serial, mac));
    assert_hex(mac, 32, "00A437B9AC49507D8D716DB80B221F4594BED59DA02AE575CBB417596C63C86A");
}

/* The OTP bits: different bytes, or none, give different MACs; CheckMac reproduces what it can, OTP[0:7]. */
static void test_macs_with_otp(void **state)
{
    uint8_t none[32];
    uint8_t eight[32];
    uint8_t eleven[32];
    uint8_t other[13];
    uint8_t checked[32];

    (void)state;
    assert_true(chip_mac_response(0x00, 4, in.key, in.challenge, NULL, serial, none));
    assert_true(chip_mac_response(CHIP_MAC_OTP_8, 4, in.key, in.challenge, in.digests, serial, eight));
    assert_true(chip_mac_response(CHIP_MAC_OTP_11, 4, in.key, in.challenge, in.digests, serial, eleven));
    assert_memory_not_equal(none, eight, 32);
    assert_memory_not_equal(eight, eleven, 32);
    chip_mac_other_data(CHIP_MAC_OTP_11, 4, in.digests, serial, other);
    assert_memory_equal(other + 4, in.digests + 8, 3);
    assert_true(chip_mac_check(CHIP_MAC_OTP_8, in.key, in.challenge, other, in.digests, serial, checked));
    assert_memory_equal(checked, eleven, 32);
}

static void test_derive(void **state)
{
    struct chip_tempkey tempkey = after_nonce();
    uint8_t key[32];

    (void)state;
    assert_true(chip_mac_derive_permission(0x00, 3, in.key, serial, key));
    assert_hex(key, 32, "434D2E2EAD1BF9D3A56DA8D07C646128518AE6637C2982FEAA05CA3A28E9AA6F");
    memcpy(key, in.key, sizeof(key));
    assert_true(chip_mac_derive(0x00, 3, key, tempkey.value, serial, key));
    assert_hex(key, 32, "F7ED57AAC77FBC4FEAF8A9D12F52D6972541A01D8FE04CF1156A2CF1B6C5B3B9");
}

/* GenKey's digest, then the message that is signed about it. */
static void test_internal_message(void **state)
{
    struct chip_tempkey tempkey = after_nonce();
    struct chip_config config = {{0}};
    uint8_t message[CHIP_INTERNAL_BYTES];
    uint8_t digest[32];
    uint8_t other[CHIP_VERIFY_OTHER_DATA_BYTES];

    (void)state;
    assert_true(chip_tempkey_genkey_stored(&tempkey, 14, in.other_data, in.public_key, serial));
    assert_hex(tempkey.value, 32, "855F025AD0913FBA6313613EE08AAF5315A4C9546E5B5491C751A05840B9AF33");
    memcpy(config.zone, serial, 4);
    memcpy(config.zone + 8, serial + 4, 5);
    memcpy(config.zone + 20 + 2 * 14, "\x34\x12", 2);
    memcpy(config.zone + 96 + 2 * 14, "\x33\x00", 2);
    config.zone[89] = 1 << 6;
    chip_internal_message(&tempkey, 0x00, 0, &config, false, message);
    assert_hex(message + 32, 23,
               "41000000341233004E0000EE000000000123000001"
               "0000");
    assert_true(chip_internal_message_digest(message, digest));
    assert_hex(digest, 32, "0A6492E86C4092EA4C6B6EFE87ABD4302A723DC956E50CF4F14AD92BEE2BC8DC");
    chip_internal_message_other_data(message, other);
    assert_hex(other, 19,
               "000000341233004E000000000000000001"
               "0000");

    /* Mode bit 6, a locked slot, a validated key. */
    config.zone[89] = 0;
    chip_internal_message(&tempkey, 0x41, 0x0B, &config, true, message);
    assert_hex(message + 32, 23,
               "41410B00341233004E0000EE89ABCDEF01234567"
               "000100");
    chip_internal_message_other_data(message, other);
    assert_hex(other, 19, "410B00341233004E000089ABCDEF4567000100");
}

static void test_protection(void **state)
{
    struct chip_tempkey tempkey = after_nonce();
    uint8_t key[32];
    uint8_t out[32];
    uint8_t data[64];

    (void)state;
    assert_true(chip_protection_boot_key(in.key, tempkey.value, key));
    assert_hex(key, 32, "0D67A074F05D98C44ABA1DCB5B25E11BFECD0C835C75A1454100D60518AAEE38");
    chip_protection_boot_digest(key, in.challenge, out);
    assert_hex(out, 32, "8DE622F774D81E43C2339740D7A86F946E5C9E10C8E037D2D9994C9E843770A7");
    assert_true(chip_protection_boot_mac(key, 0x85, in.challenge, in.signature, out));
    assert_hex(out, 32, "50F235AC02415743A8E1C465897919E23DB7CC76BBAFBFBADA567D7A921AB566");
    assert_true(chip_protection_verify_mac(in.key, 0xA2, 0x0004, in.digests, in.digests + 32, in.signature, out));
    assert_hex(out, 32, "74BB9D75E7ED9CE566E7B362937CCA2B1A230717CAADC7DD481A5321D02C362C");
    assert_true(chip_protection_verify_mac(in.key, 0x82, 0x0004, tempkey.value, in.digests, in.signature, out));
    assert_hex(out, 32, "1904F8BEF0F2214902FC27E8C1681CA98FC5A4A7DAF110C8DF3161C25FA14A87");
    memcpy(data, in.digests, sizeof(data));
    assert_true(chip_protection_decrypt(in.key, in.rand_out, data, 64));
    assert_hex(data, 64,
               "83A72141F61D8267E5818050A3AFC4EA76FF6B6ACB0C18EC86584F744D81C89A"
               "738AD2078A44F90D59CC88338B00C7FC2972CC47C0A6E7E4FABFDFD5C3465D8C");
    memcpy(data, in.digests, sizeof(data));
    assert_true(chip_protection_decrypt(in.key, in.rand_out, data, 32));
    assert_hex(data, 32, "83A72141F61D8267E5818050A3AFC4EA76FF6B6ACB0C18EC86584F744D81C89A");
    assert_memory_equal(data + 32, in.digests + 32, 32);
}

static void test_kdf(void **state)
{
    uint8_t key[32];
    uint8_t message[16];
    uint8_t out[64];

    (void)state;
    count_up(key, 16, 0x00);
    count_up(key + 16, 16, 0x00);
    count_up(message, sizeof(message), 0x00);
    assert_true(chip_kdf_prf(bytes_of(key, 32), bytes_of(message, 16), out, 64));
    assert_hex(out, 64,
               "1EBCBE62005AB948FDFFE1C402AABA354EC676050C9BC1AAE1FF5B1509A4A04A"
               "44254664C2A480F5B77EA2D1020C7BA4B3640C4AC793324C26D6FDDFDB1F011A");
    memset(out, 0, sizeof(out));
    assert_true(chip_kdf_prf(bytes_of(key, 32), bytes_of(message, 16), out, 32));
    assert_hex(out, 32, "1EBCBE62005AB948FDFFE1C402AABA354EC676050C9BC1AAE1FF5B1509A4A04A");
    assert_true(bytes_all(bytes_of(out + 32, 32), 0));
    assert_true(chip_kdf_hkdf(in.key, bytes_of(message, 16), out));
    assert_hex(out, 32, "32016921836FC2278698FF5CA865E21008D14562E847646BC45F6297D05980F1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gendig),        cmocka_unit_test(test_flags),  cmocka_unit_test(test_macs),
        cmocka_unit_test(test_macs_with_otp), cmocka_unit_test(test_derive), cmocka_unit_test(test_internal_message),
        cmocka_unit_test(test_protection),    cmocka_unit_test(test_kdf),
    };

    return cmocka_run_group_tests(tests, make_inputs, NULL);
}
