/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I2C port for nRF52 and nRF53, over nrfx 3 and its TWIM driver in blocking mode (no event handler): copy it, and
 * change the part above "port". Both lines need pull-up resistors on the board.
 *
 * TWIM reads and writes memory by itself (EasyDMA), RAM only; imprint's buffers are. A nRF52832 moves 255 bytes at
 * once, of which the longest transfer needs 163. The wake pulse is a write to address 0x00 at 100 kHz.
 *
 * Times come from the cycle counter, which wraps after 67 seconds at 64 MHz. That is no harm: imprint measures single
 * commands with it. A product that has a longer clock, such as an RTC, uses that.
 */
#include <nrfx_twim.h>

#include <imprint/board.h>
#include <imprint/i2c.h>

#define SCL_PIN 27
#define SDA_PIN 26
#define BUS_HZ 400000     /* 100000, 250000 or 400000 */
#define CHIP_ADDRESS 0x60 /* 7-bit; 0: look for it where new parts answer */

/* --- port --------------------------------------------------------------------------------------------------------- */

static const nrfx_twim_t twim = NRFX_TWIM_INSTANCE(0);

static void delay_us(void *context, uint32_t microseconds)
{
    (void)context;
    NRFX_DELAY_US(microseconds);
}

static uint64_t now_us(void *context)
{
    static uint32_t last;
    static uint64_t cycles;
    const uint32_t now = DWT->CYCCNT;

    (void)context;
    cycles += now - last;
    last = now;
    return cycles / (SystemCoreClock / 1000000u);
}

static enum imprint_i2c_result transfer(const nrfx_twim_xfer_desc_t *what)
{
    switch (nrfx_twim_xfer(&twim, what, 0)) {
    case NRFX_SUCCESS:
        return IMPRINT_I2C_OK;
    case NRFX_ERROR_DRV_TWI_ERR_ANACK:
    case NRFX_ERROR_DRV_TWI_ERR_DNACK:
        return IMPRINT_I2C_NACK;
    case NRFX_ERROR_BUSY:
        return IMPRINT_I2C_HELD;
    default:
        return IMPRINT_I2C_FAILED;
    }
}

/* The descriptor lacks a const; the driver does not change the data. */
static uint8_t *without_const(const uint8_t *data)
{
    union {
        const uint8_t *constant;
        uint8_t *variable;
    } pointer;

    pointer.constant = data;
    return pointer.variable;
}

static enum imprint_i2c_result port_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    const nrfx_twim_xfer_desc_t what = NRFX_TWIM_XFER_DESC_TX(address, without_const(data), len);

    (void)context;
    return transfer(&what);
}

static enum imprint_i2c_result port_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    const nrfx_twim_xfer_desc_t what = NRFX_TWIM_XFER_DESC_RX(address, data, len);

    (void)context;
    return transfer(&what);
}

static nrf_twim_frequency_t frequency_of(uint32_t hertz)
{
    return hertz >= 400000 ? NRF_TWIM_FREQ_400K : hertz >= 250000 ? NRF_TWIM_FREQ_250K : NRF_TWIM_FREQ_100K;
}

static bool port_set_clock(void *context, uint32_t hertz)
{
    (void)context;
    nrf_twim_frequency_set(twim.p_twim, frequency_of(hertz));
    return true;
}

static bool start_twim(void)
{
    const nrfx_twim_config_t config = {
        .scl = SCL_PIN,
        .sda = SDA_PIN,
        .frequency = frequency_of(BUS_HZ),
        .interrupt_priority = 7,
    };

    if (nrfx_twim_init(&twim, &config, NULL, NULL) != NRFX_SUCCESS)
        return false;
    nrfx_twim_enable(&twim);
    CoreDebug->DEMCR |= CoreDebug_DEMCR_TRCENA_Msk;
    DWT->CTRL |= DWT_CTRL_CYCCNTENA_Msk;
    return true;
}

/* The driver's own nine clocks, which want it uninitialised. */
static bool port_recover(void *context)
{
    nrfx_err_t status;

    (void)context;
    nrfx_twim_uninit(&twim);
    status = nrfx_twim_bus_recover(SCL_PIN, SDA_PIN);
    return start_twim() && status == NRFX_SUCCESS;
}

static const struct imprint_i2c_port port = {
    .write = port_write,
    .read = port_read,
    .delay_us = delay_us,
    .now_us = now_us,
    .set_clock = port_set_clock,
    .clock_hz = BUS_HZ,
    .recover = port_recover,
};

const struct imprint_transport *imprint_board_chip(void)
{
    static struct imprint_i2c i2c;
    static struct imprint_transport transport;
    const char *problem;

    if (transport.operations == NULL &&
        (!start_twim() || !imprint_i2c_open(&i2c, &port, CHIP_ADDRESS, &transport, &problem)))
        imprint_board_end(1);
    return &transport;
}
