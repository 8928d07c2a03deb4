/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/its.h"

#include <psa/internal_trusted_storage.h>

#include "psa/storage_status.h"

_Static_assert(PSA_STORAGE_FLAG_WRITE_ONCE == STORAGE_FLAG_WRITE_ONCE,
               "the stored flag must have the value of PSA ITS");

static struct its *mounted;

void its_mount(struct its *its, const struct storage *storage)
{
    *its = (struct its){.session = {.storage = storage}};
    mounted = its;
}

void its_unmount(void)
{
    mounted = NULL;
}

struct se_session *its_session(void)
{
    return mounted == NULL ? NULL : &mounted->session;
}

psa_status_t psa_its_set(psa_storage_uid_t uid, uint32_t data_length, const void *p_data,
                         psa_storage_create_flags_t create_flags)
{
    if (uid == 0 || (p_data == NULL && data_length != 0))
        return PSA_ERROR_INVALID_ARGUMENT;
    if ((create_flags & ~PSA_STORAGE_FLAG_WRITE_ONCE) != 0)
        return PSA_ERROR_NOT_SUPPORTED;
    if (mounted == NULL)
        return PSA_ERROR_STORAGE_FAILURE;
    return se_session_set(&mounted->session, uid, create_flags, bytes_of(p_data, data_length));
}

static enum storage_status get_record(psa_storage_uid_t uid, uint32_t offset, struct bytes_out *content,
                                      struct storage_record *record)
{
    return mounted == NULL ? STORAGE_FAILED : se_session_get(&mounted->session, uid, offset, content, record);
}

psa_status_t psa_its_get(psa_storage_uid_t uid, uint32_t data_offset, uint32_t data_length, void *p_data,
                         size_t *p_data_length)
{
    struct bytes_out content = {.data = p_data, .cap = data_length};
    struct storage_record record;

    if (uid == 0 || p_data_length == NULL || (p_data == NULL && data_length != 0))
        return PSA_ERROR_INVALID_ARGUMENT;
    *p_data_length = 0;
    const enum storage_status status = get_record(uid, data_offset, &content, &record);
    if (status == STORAGE_OK) {
        if (data_offset > record.size)
            return PSA_ERROR_INVALID_ARGUMENT;
        *p_data_length = content.len;
    }
    return driver_status_of_storage(status);
}

psa_status_t psa_its_get_info(psa_storage_uid_t uid, struct psa_storage_info_t *p_info)
{
    struct bytes_out nothing = {.data = NULL, .cap = 0};
    struct storage_record record;

    if (uid == 0 || p_info == NULL)
        return PSA_ERROR_INVALID_ARGUMENT;
    const enum storage_status status = get_record(uid, 0, &nothing, &record);
    if (status == STORAGE_OK)
        *p_info = (struct psa_storage_info_t){.size = record.size, .flags = record.flags};
    return driver_status_of_storage(status);
}

psa_status_t psa_its_remove(psa_storage_uid_t uid)
{
    if (uid == 0)
        return PSA_ERROR_INVALID_ARGUMENT;
    return mounted == NULL ? PSA_ERROR_STORAGE_FAILURE
                           : driver_status_of_storage(se_session_remove(&mounted->session, uid));
}
