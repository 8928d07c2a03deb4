/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/words.h"

#include <stddef.h>

#include "cert/form.h"
#include "profile/profile.h"

const struct profile_word profile_words_part[] = {
    {"ATECC508A", 1u << CHIP_PART_ATECC508A},
    {"ATECC608A", 1u << CHIP_PART_ATECC608A},
    {"ATECC608B", 1u << CHIP_PART_ATECC608B},
    {NULL, 0},
};

const struct profile_word profile_words_configuration[] = {
    {"as-delivered", PROFILE_AS_DELIVERED},
    {"factory-default", PROFILE_FACTORY_DEFAULT},
    {"trust-and-go", PROFILE_TRUST_AND_GO},
    {"trust-flex", PROFILE_TRUST_FLEX},
    {"policy", PROFILE_POLICY},
    {"bytes", PROFILE_BYTES},
    {NULL, 0},
};

const struct profile_word profile_words_genuine[] = {
    {"unchecked", PROFILE_GENUINE_UNCHECKED},
    {"reported", PROFILE_GENUINE_REPORTED},
    {"required", PROFILE_GENUINE_REQUIRED},
    {NULL, 0},
};

const struct profile_word profile_words_listed[] = {
    {"unchecked", PROFILE_LISTED_UNCHECKED},
    {"reported", PROFILE_LISTED_REPORTED},
    {"required", PROFILE_LISTED_REQUIRED},
    {NULL, 0},
};

const struct profile_word profile_words_rehearsal[] = {
    {"refused", PROFILE_REHEARSAL_REFUSED},
    {"allowed", PROFILE_REHEARSAL_ALLOWED},
    {NULL, 0},
};

const struct profile_word profile_words_lock[] = {
    {"config", PROFILE_LOCK_CONFIG},
    {"data", PROFILE_LOCK_DATA},
    {NULL, 0},
};

const struct profile_word profile_words_method[] = {
    {"register", PROFILE_REGISTER},
    {"generate", PROFILE_GENERATE},
    {"import", PROFILE_IMPORT},
    {NULL, 0},
};

const struct profile_word profile_words_replace[] = {
    {"never", PROFILE_REPLACE_NEVER},
    {"unclaimed", PROFILE_REPLACE_UNCLAIMED},
    {NULL, 0},
};

/* P-256 is the only curve of these chips. */
const struct profile_word profile_words_type[] = {
    {"ecc-key-pair(secp-r1)", PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)},
    {"ecc-public-key(secp-r1)", PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1)},
    {NULL, 0},
};

/* The chip signs 32 bytes; longer digests are cut to 32 as ECDSA with P-256 prescribes (FIPS 186-5, 6.4.1). */
const struct profile_word profile_words_algorithm[] = {
    {"ecdsa(any-hash)", PSA_ALG_ECDSA(PSA_ALG_ANY_HASH)},
    {"ecdsa(sha-256)", PSA_ALG_ECDSA(PSA_ALG_SHA_256)},
    {"ecdsa(sha-384)", PSA_ALG_ECDSA(PSA_ALG_SHA_384)},
    {"ecdsa(sha-512)", PSA_ALG_ECDSA(PSA_ALG_SHA_512)},
    {NULL, 0},
};

const struct profile_word profile_words_usage[] = {
    {"sign-hash", PSA_KEY_USAGE_SIGN_HASH},
    {"sign-message", PSA_KEY_USAGE_SIGN_MESSAGE},
    {"verify-hash", PSA_KEY_USAGE_VERIFY_HASH},
    {"verify-message", PSA_KEY_USAGE_VERIFY_MESSAGE},
    {"derive", PSA_KEY_USAGE_DERIVE},
    {"export", PSA_KEY_USAGE_EXPORT},
    {NULL, 0},
};

const struct profile_word profile_words_kind[] = {
    {"tls-client", PROFILE_KIND_TLS_CLIENT},
    {"idevid", PROFILE_KIND_IDEVID},
    {"matter-dac", PROFILE_KIND_MATTER_DAC},
    {"extensions", PROFILE_KIND_EXTENSIONS},
    {NULL, 0},
};

const struct profile_word profile_words_extension[] = {
    {"basic-constraints", CERT_BASIC_CONSTRAINTS},
    {"digital-signature", CERT_DIGITAL_SIGNATURE},
    {"non-repudiation", CERT_NON_REPUDIATION},
    {"key-agreement", CERT_KEY_AGREEMENT},
    {"server-auth", CERT_SERVER_AUTH},
    {"client-auth", CERT_CLIENT_AUTH},
    {"hardware-module", CERT_HARDWARE_MODULE},
    {"subject-key-id", CERT_SUBJECT_KEY_ID},
    {"authority-key-id", CERT_AUTHORITY_KEY_ID},
    {NULL, 0},
};

const struct profile_word profile_words_datum[] = {
    {"bytes", PROFILE_DATUM_BYTES},
    {"hmac", PROFILE_DATUM_HMAC},
    {"aes", PROFILE_DATUM_AES},
    {"derive", PROFILE_DATUM_DERIVE},
    {"io-protection", PROFILE_DATUM_IO_KEY},
    {NULL, 0},
};

/* What the driver computes on the chip (psa/symmetric.h), and the one derivation that starts from a chip's HMAC. */
const struct profile_word profile_words_secret[] = {
    {"hmac(sha-256)", PSA_ALG_HMAC(PSA_ALG_SHA_256)},
    {"ecb-no-padding", PSA_ALG_ECB_NO_PADDING},
    {"cbc-no-padding", PSA_ALG_CBC_NO_PADDING},
    {"cbc-pkcs7", PSA_ALG_CBC_PKCS7},
    {"ctr", PSA_ALG_CTR},
    {"gcm", PSA_ALG_GCM},
    {"hkdf(sha-256)", PSA_ALG_HKDF(PSA_ALG_SHA_256)},
    {NULL, 0},
};

const struct profile_word profile_words_prove[] = {
    {"read-back", PROFILE_PROVE_READ_BACK},
    {"tls", PROFILE_PROVE_TLS},
    {NULL, 0},
};

const char *profile_word_of(const struct profile_word *words, uint32_t value)
{
    for (; words->word != NULL; words++)
        if (words->value == value)
            return words->word;
    return NULL;
}

uint32_t profile_words_mask(const struct profile_word *words)
{
    uint32_t mask = 0;

    for (; words->word != NULL; words++)
        mask |= words->value;
    return mask;
}

const char *profile_method_name(enum profile_method method)
{
    const char *word = profile_word_of(profile_words_method, (uint32_t)method);

    return word != NULL ? word : "unknown";
}
