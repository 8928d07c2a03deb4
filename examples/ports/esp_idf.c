/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I2C port for ESP32 chips, over ESP-IDF's i2c_master driver: copy it, and change the part above "port". Needs ESP-IDF
 * 5.3 or later: 5.2 takes a missing acknowledgement for success. Both lines need pull-up resistors on the board; the
 * internal ones are too weak.
 *
 * The driver has a handle for each address, with a speed of its own. So the wake pulse is a write through a handle for
 * address 0x00 at 100 kHz that checks no acknowledgement, and the bus may have any speed. The driver locks the bus for
 * each transfer: other tasks may use it for other devices, through handles of their own.
 *
 * While the chip is asleep or busy the driver logs each missing acknowledgement as an error. To silence it:
 * esp_log_level_set("i2c.master", ESP_LOG_NONE).
 */
#include <driver/i2c_master.h>
#include <esp_rom_sys.h>
#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

#include <imprint/board.h>
#include <imprint/i2c.h>

#define SCL_PIN 22
#define SDA_PIN 21
#define BUS_HZ 400000
#define CHIP_ADDRESS 0x60 /* 7-bit; 0: look for it where new parts answer */

/* --- port --------------------------------------------------------------------------------------------------------- */

#define LIMIT_MS 25 /* the longest transfer, 163 bytes, takes 15 ms at 100 kHz */
#define SPIN_MAX_US 2000u

struct esp_bus {
    i2c_master_bus_handle_t bus;
    i2c_master_dev_handle_t wake; /* for address 0x00; NULL: not yet */
    i2c_master_dev_handle_t chip; /* for `address`; NULL: not yet */
    uint8_t address;
};

static void delay_us(void *context, uint32_t microseconds)
{
    (void)context;
    if (microseconds > SPIN_MAX_US)
        vTaskDelay(microseconds / 1000u / portTICK_PERIOD_MS + 2u); /* one tick has begun already */
    else
        esp_rom_delay_us(microseconds);
}

static uint64_t now_us(void *context)
{
    (void)context;
    return (uint64_t)esp_timer_get_time();
}

static i2c_device_config_t config_of(uint8_t address)
{
    return (i2c_device_config_t){
        .dev_addr_length = I2C_ADDR_BIT_LEN_7,
        .device_address = address,
        .scl_speed_hz = address == 0 ? IMPRINT_I2C_WAKE_HZ : BUS_HZ,
        .flags = {.disable_ack_check = address == 0},
    };
}

/* The handle for `address`. Only a chip that has moved needs another one than last time. NULL: no memory. */
static i2c_master_dev_handle_t device_of(struct esp_bus *self, uint8_t address)
{
    i2c_master_dev_handle_t *device = address == 0 ? &self->wake : &self->chip;
    const i2c_device_config_t config = config_of(address);

    if (*device != NULL && (address == 0 || address == self->address))
        return *device;
    if (*device != NULL)
        (void)i2c_master_bus_rm_device(*device);
    if (i2c_master_bus_add_device(self->bus, &config, device) != ESP_OK)
        *device = NULL;
    if (address != 0)
        self->address = address;
    return *device;
}

/* A missing acknowledgement is ESP_ERR_INVALID_STATE, in later versions ESP_ERR_INVALID_RESPONSE. */
static enum imprint_i2c_result result_of(esp_err_t status)
{
    switch (status) {
    case ESP_OK:
        return IMPRINT_I2C_OK;
    case ESP_ERR_INVALID_STATE:
    case ESP_ERR_INVALID_RESPONSE:
        return IMPRINT_I2C_NACK;
    default:
        return IMPRINT_I2C_FAILED;
    }
}

static enum imprint_i2c_result port_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    i2c_master_dev_handle_t device = device_of(context, address);

    return device == NULL ? IMPRINT_I2C_HELD : result_of(i2c_master_transmit(device, data, len, LIMIT_MS));
}

static enum imprint_i2c_result port_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    i2c_master_dev_handle_t device = device_of(context, address);

    return device == NULL ? IMPRINT_I2C_HELD : result_of(i2c_master_receive(device, data, len, LIMIT_MS));
}

static bool port_recover(void *context)
{
    const struct esp_bus *self = context;

    return i2c_master_bus_reset(self->bus) == ESP_OK;
}

static bool start_bus(struct esp_bus *self)
{
    const i2c_master_bus_config_t config = {
        .i2c_port = -1,
        .sda_io_num = SDA_PIN,
        .scl_io_num = SCL_PIN,
        .clk_source = I2C_CLK_SRC_DEFAULT,
        .glitch_ignore_cnt = 7,
    };

    return i2c_new_master_bus(&config, &self->bus) == ESP_OK;
}

const struct imprint_transport *imprint_board_chip(void)
{
    static struct esp_bus bus;
    static const struct imprint_i2c_port port = {
        .write = port_write,
        .read = port_read,
        .delay_us = delay_us,
        .now_us = now_us,
        .recover = port_recover,
        .context = &bus,
    };
    static struct imprint_i2c i2c;
    static struct imprint_transport transport;
    const char *problem;

    if (transport.operations == NULL &&
        (!start_bus(&bus) || !imprint_i2c_open(&i2c, &port, CHIP_ADDRESS, &transport, &problem)))
        imprint_board_end(1);
    return &transport;
}
