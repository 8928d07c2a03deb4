/* SPDX-License-Identifier: Apache-2.0 */
/* Prints steps and results, for people and for the station. */
#include "firmware/factory/factory.h"

#include "cert/request.h"
#include "psa/keys.h"
#include "psa/uses.h"

/* Bytes of a long piece of data in one frame. */
#define PIECE 96

void factory_say_step(const struct factory *factory, const struct provision_step *step)
{
    console_print(step->kind->name);
    if (step->key >= 0) {
        const struct profile_key *key = &factory->compiled->profile.keys[step->key];

        console_print(" ");
        console_print_number(key->id);
        console_print(" ");
        console_print(key->name);
    }
    if (step->slot != PROFILE_SLOT_ANY) {
        console_print(", slot ");
        console_print_number(step->slot);
    }
    if (step->replaces)
        console_print(", whose key is lost");
    if (step->shows_lost) {
        console_print(": ");
        console_print_hex(bytes_of(step->lost, sizeof(step->lost)));
    }
    if (step->uses_spent != 0)
        console_print(", spends a use of the key");
    else if (step->limited)
        console_print(", compared with the record");
}

/* Of the proof of a key that counts its uses. */
static void add_uses(struct link_frame *frame, const struct provision_step *step)
{
    if (!step->limited)
        return;
    link_add_flag(frame, "spends", step->uses_spent != 0);
    if (step->uses_left != DRIVER_USES_UNKNOWN)
        link_add_number(frame, "uses", step->uses_left);
}

void factory_send_step(const struct factory *factory, const char *verb, const struct provision_step *step)
{
    struct link_frame frame = console_begin_frame(verb);

    link_add_number(&frame, "n", (uint32_t)(step - factory->plan.steps) + 1);
    link_add_text(&frame, "action", step->kind->name);
    link_add_flag(&frame, "done", step->done);
    link_add_flag(&frame, "started", step->started);
    link_add_flag(&frame, "persistent", step->is_persistent);
    link_add_flag(&frame, "forever", step->forever);
    if (step->shows_lost)
        link_add_hex(&frame, "lost", bytes_of(step->lost, sizeof(step->lost)));
    else if (step->replaces)
        link_add_text(&frame, "lost", "unknown");
    add_uses(&frame, step);
    if (step->key >= 0)
        link_add_number(&frame, "key", factory->compiled->profile.keys[step->key].id);
    if (step->slot != PROFILE_SLOT_ANY)
        link_add_number(&frame, "slot", step->slot);
    link_add_number(&frame, "us", step->chip_us);
    link_end(&frame);
}

void factory_report_key(const struct factory *factory, size_t index)
{
    const struct profile_key *key = &factory->compiled->profile.keys[index];
    const struct provision_key_evidence *evidence = &factory->evidence.keys[index];
    struct link_frame frame;

    console_print("key ");
    console_print_number(evidence->key_id);
    console_print(" ");
    console_print(key->name);
    console_print(": slot ");
    console_print_number(evidence->slot);
    console_print(evidence->created ? ", new" : ", was there");
    console_print(evidence->compared     ? ", compared with the record\n"
                  : evidence->unverified ? ", its signature is for the station to verify\n"
                                         : "\n");
    console_print_public_key(evidence->public_key);
    frame = console_begin_frame("key");
    link_add_number(&frame, "id", evidence->key_id);
    link_add_text(&frame, "name", key->name);
    link_add_number(&frame, "slot", evidence->slot);
    link_add_flag(&frame, "created", evidence->created);
    link_add_flag(&frame, "compared", evidence->compared);
    link_add_hex(&frame, "public", bytes_of(evidence->public_key, sizeof evidence->public_key));
    link_end(&frame);
    if (evidence->hash == 0)
        return;
    frame = console_begin_frame("proof");
    link_add_number(&frame, "id", evidence->key_id);
    link_add_number(&frame, "hash", evidence->hash);
    link_add_hex(&frame, "challenge", bytes_of(evidence->challenge, sizeof evidence->challenge));
    link_add_hex(&frame, "signature", bytes_of(evidence->signature, sizeof evidence->signature));
    link_end(&frame);
}

void factory_send_data(const char *verb, uint32_t id, struct bytes data)
{
    for (size_t at = 0; at < data.len; at += PIECE) {
        struct link_frame frame = console_begin_frame(verb);

        if (id != 0)
            link_add_number(&frame, "id", id);
        link_add_number(&frame, "at", (uint32_t)at);
        link_add_number(&frame, "of", (uint32_t)data.len);
        link_add_hex(&frame, "data", bytes_of(data.data + at, data.len - at < PIECE ? data.len - at : PIECE));
        link_end(&frame);
    }
}

/* A request is one more signature, which costs a key that counts its uses one of them: it is made with the proof only.
 */
static bool may_sign_request(const struct provision_evidence *evidence, size_t index, bool again)
{
    const struct provision_key_evidence *key = &evidence->keys[index];

    return !chip_slot_is_limited(&evidence->config, key->slot) || !(again || key->compared);
}

bool factory_send_request(struct factory *factory, const struct profile_key *key, const char *subject,
                          struct bytes attributes, struct error *err)
{
    uint8_t der[CERT_REQUEST_WITH_MAX];
    struct bytes_out out = {.data = der, .cap = sizeof der};

    keys_forget_reason(&factory->platform.driver);
    if (!cert_make_request_with(key->id, subject, attributes, &out, err)) {
        if (err->reason == ERROR_NONE)
            platform_psa_failed(&factory->platform,
                                keys_last_status(&factory->platform.driver, PSA_ERROR_GENERIC_ERROR),
                                "sign the request", err);
        error_with_key(err, key->id);
        return false;
    }
    console_print("certificate request for key ");
    console_print_number(key->id);
    console_print("\n");
    console_print_pem("CERTIFICATE REQUEST", bytes_written(&out));
    factory_send_data("csr", key->id, bytes_written(&out));
    return true;
}

static bool report_request(struct factory *factory, const struct profile_key *key, struct error *err)
{
    char subject[PROFILE_SUBJECT_TEXT_MAX];

    if (key->csr_subject[0] == '\0')
        return true;
    if (profile_fill_subject(key->csr_subject, factory->evidence.serial, subject, err))
        return factory_send_request(factory, key, subject, BYTES_NONE, err);
    error_with_key(err, key->id);
    return false;
}

static void report_result(const struct factory *factory)
{
    const struct provision_evidence *evidence = &factory->evidence;
    uint32_t ms = (uint32_t)(evidence->chip_us / 1000);
    struct link_frame frame;

    console_print(evidence->changes == 0 ? "nothing to do: " : "provisioned: ");
    console_print_hex(bytes_of(evidence->serial, sizeof evidence->serial));
    console_print(" matches profile ");
    console_print(factory->compiled->profile.name);
    console_print("; ");
    console_print_number((uint32_t)evidence->changes);
    console_print(evidence->changes == 1 ? " change, " : " changes, ");
    console_print_number(ms);
    console_print(" ms of chip time\n");
    frame = console_begin_frame("result");
    link_add_hex(&frame, "serial", bytes_of(evidence->serial, sizeof evidence->serial));
    link_add_text(&frame, "part", chip_part_name(evidence->part));
    link_add_number(&frame, "changes", (uint32_t)evidence->changes);
    link_add_number(&frame, "keys", (uint32_t)evidence->key_count);
    link_add_number(&frame, "us", evidence->chip_us > UINT32_MAX ? UINT32_MAX : (uint32_t)evidence->chip_us);
    link_end(&frame);
}

/* The request of a key that counts its uses has moved a counter in the config zone since it was read. */
static bool read_config_again(struct factory *factory, struct error *err)
{
    const struct chip_config *now;

    driver_forget_config(&factory->platform.driver);
    if (driver_config(&factory->platform.driver, &now, err) != CHIP_OK) {
        error_doing(err, "read the finished chip");
        return false;
    }
    factory->evidence.config = *now;
    return true;
}

bool factory_report(struct factory *factory, bool again, struct error *err)
{
    const struct profile *profile = &factory->compiled->profile;
    bool ok = true, counted = false;

    for (size_t i = 0; i < factory->evidence.key_count; i++)
        factory_report_key(factory, i);
    for (size_t i = 0; i < profile->key_count && ok; i++) {
        if (!may_sign_request(&factory->evidence, i, again))
            continue;
        ok = report_request(factory, &profile->keys[i], err);
        counted = counted || chip_slot_is_limited(&factory->evidence.config, factory->evidence.keys[i].slot);
    }
    if (!ok || (counted && !read_config_again(factory, err)))
        return false;
    if (factory->certificates != NULL && !factory->certificates->functions->report(factory, err))
        return false;
    if (PROFILE_HAS_DATA != 0 && factory->data != NULL)
        factory->data->report(factory);
    factory_send_data("config", 0, bytes_of(factory->evidence.config.zone, sizeof factory->evidence.config.zone));
    report_result(factory);
    return true;
}
