/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/start.h"

#include "psa/settle.h"
#include "psa/shell.h"

void driver_attach(struct driver *driver, struct its *its)
{
    its_mount(its, driver->storage);
    its->session.recover = driver_recover_again;
    its->session.recover_context = driver;
    driver_bind(driver);
}

psa_status_t driver_start(struct driver *driver, struct its *its, const struct driver_shell *shell)
{
    psa_status_t status;

    driver_attach(driver, its);
    driver->shell = shell;
    status = shell->connect(shell);
    if (status == PSA_SUCCESS)
        status = psa_crypto_init();
    if (status != PSA_SUCCESS)
        driver_stop();
    return status;
}

void driver_stop(void)
{
    mbedtls_psa_crypto_free();
    its_unmount();
    driver_bind(NULL);
}
