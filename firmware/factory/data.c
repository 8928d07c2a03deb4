/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/factory/data.h"

#include "firmware/factory/factory.h"

/* The profile of a board has one entry of data at most. */
void factory_data_proven(void *context, size_t index, const struct provision_datum_evidence *evidence)
{
    struct factory_data *data = context;

    (void)index;
    data->evidence = *evidence;
}

void factory_data_report(const struct factory *factory)
{
    const struct profile_datum *datum = &factory->compiled->profile.data[0];
    const struct provision_datum_evidence *evidence = &factory->data->evidence;
    struct link_frame frame;

    console_print("data ");
    console_print(datum->name);
    console_print(": slot ");
    console_print_number(datum->slot);
    console_print(evidence->written ? ", new, proven\n" : ", was there, proven\n");
    frame = console_begin_frame("data");
    link_add_text(&frame, "name", datum->name);
    link_add_number(&frame, "slot", datum->slot);
    link_add_flag(&frame, "written", evidence->written);
    link_add_hex(&frame, "challenge", bytes_of(evidence->challenge, sizeof evidence->challenge));
    link_add_hex(&frame, "answer", bytes_of(evidence->answer, evidence->answer_bytes));
    link_end(&frame);
}
