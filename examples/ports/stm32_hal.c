/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I2C port for STM32, over ST's HAL: copy it, and change the part above "port". `hi2c1` is the handle that STM32CubeMX
 * generates, in blocking mode. Both lines need pull-up resistors on the board.
 *
 * The HAL reports an address that is not acknowledged as an error, HAL_I2C_ERROR_AF; for this chip it is an answer. To
 * wake the chip and to free a stuck bus, the pins become outputs for a moment: HAL_I2C_DeInit() and HAL_I2C_Init() call
 * HAL_I2C_MspDeInit() and HAL_I2C_MspInit(), in which CubeMX sets up the pins. So the bus may have any speed.
 *
 * Times come from the cycle counter of Cortex-M3 and later; on a Cortex-M0 use a timer.
 */
#include <stm32f4xx_hal.h> /* of your family */

#include <imprint/board.h>
#include <imprint/i2c.h>

extern I2C_HandleTypeDef hi2c1;

#define LINES_PORT GPIOB
#define SCL_PIN GPIO_PIN_6
#define SDA_PIN GPIO_PIN_7
#define CHIP_ADDRESS 0x60 /* 7-bit; 0: look for it where new parts answer */

/* --- port --------------------------------------------------------------------------------------------------------- */

#define LIMIT_MS 25u /* the longest transfer, 163 bytes, takes 15 ms at 100 kHz */
#define SPIN_MAX_US 2000u

static void delay_us(void *context, uint32_t microseconds)
{
    const uint32_t start = DWT->CYCCNT;
    const uint32_t cycles = SystemCoreClock / 1000000u * microseconds;

    (void)context;
    if (microseconds > SPIN_MAX_US) {
        HAL_Delay(microseconds / 1000u + 1u);
        return;
    }
    while (DWT->CYCCNT - start < cycles) {
        /* until then */
    }
}

/* HAL_GetTick() counts milliseconds, which is fine enough here, and wraps after 49 days. */
static uint64_t now_us(void *context)
{
    static uint32_t last, rounds;
    const uint32_t now = HAL_GetTick();

    (void)context;
    if (now < last)
        rounds++;
    last = now;
    return ((uint64_t)rounds << 32 | now) * 1000u;
}

/* HAL_BUSY: the bus was not free for 25 ms, and nothing was sent. */
static enum imprint_i2c_result result_of(HAL_StatusTypeDef status)
{
    if (status == HAL_OK)
        return IMPRINT_I2C_OK;
    if (status == HAL_BUSY)
        return IMPRINT_I2C_HELD;
    return (HAL_I2C_GetError(&hi2c1) & HAL_I2C_ERROR_AF) != 0 ? IMPRINT_I2C_NACK : IMPRINT_I2C_FAILED;
}

/* The HAL's functions lack a const, and do not change the data. */
static uint8_t *without_const(const uint8_t *data)
{
    union {
        const uint8_t *constant;
        uint8_t *variable;
    } pointer;

    pointer.constant = data;
    return pointer.variable;
}

/* The HAL takes 8-bit addresses. */
static enum imprint_i2c_result port_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    (void)context;
    return result_of(
        HAL_I2C_Master_Transmit(&hi2c1, (uint16_t)(address << 1), without_const(data), (uint16_t)len, LIMIT_MS));
}

static enum imprint_i2c_result port_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    (void)context;
    return result_of(HAL_I2C_Master_Receive(&hi2c1, (uint16_t)(address << 1), data, (uint16_t)len, LIMIT_MS));
}

static void set_scl(void *context, bool high)
{
    (void)context;
    HAL_GPIO_WritePin(LINES_PORT, SCL_PIN, high ? GPIO_PIN_SET : GPIO_PIN_RESET);
}

static void set_sda(void *context, bool high)
{
    (void)context;
    HAL_GPIO_WritePin(LINES_PORT, SDA_PIN, high ? GPIO_PIN_SET : GPIO_PIN_RESET);
}

static bool get_scl(void *context)
{
    (void)context;
    return HAL_GPIO_ReadPin(LINES_PORT, SCL_PIN) == GPIO_PIN_SET;
}

static bool get_sda(void *context)
{
    (void)context;
    return HAL_GPIO_ReadPin(LINES_PORT, SDA_PIN) == GPIO_PIN_SET;
}

static const struct imprint_i2c_pins pins = {
    .set_scl = set_scl,
    .set_sda = set_sda,
    .get_scl = get_scl,
    .get_sda = get_sda,
    .delay_us = delay_us,
};

/* Both lines as open-drain outputs, released. */
static void take_pins(void)
{
    GPIO_InitTypeDef outputs = {.Pin = SCL_PIN | SDA_PIN, .Mode = GPIO_MODE_OUTPUT_OD, .Pull = GPIO_NOPULL};

    (void)HAL_I2C_DeInit(&hi2c1);
    HAL_GPIO_WritePin(LINES_PORT, SCL_PIN | SDA_PIN, GPIO_PIN_SET);
    HAL_GPIO_Init(LINES_PORT, &outputs);
}

static bool give_pins_back(void)
{
    return HAL_I2C_Init(&hi2c1) == HAL_OK;
}

static enum imprint_i2c_result port_wake(void *context)
{
    enum imprint_i2c_result result;

    (void)context;
    take_pins();
    result = imprint_i2c_pulse(&pins);
    return give_pins_back() ? result : IMPRINT_I2C_FAILED;
}

static bool port_recover(void *context)
{
    bool is_free;

    (void)context;
    take_pins();
    is_free = imprint_i2c_recover(&pins);
    return give_pins_back() && is_free;
}

static const struct imprint_i2c_port port = {
    .write = port_write,
    .read = port_read,
    .delay_us = delay_us,
    .now_us = now_us,
    .wake = port_wake,
    .recover = port_recover,
};

const struct imprint_transport *imprint_board_chip(void)
{
    static struct imprint_i2c i2c;
    static struct imprint_transport transport;
    const char *problem;

    CoreDebug->DEMCR |= CoreDebug_DEMCR_TRCENA_Msk;
    DWT->CTRL |= DWT_CTRL_CYCCNTENA_Msk;
    if (transport.operations == NULL && !imprint_i2c_open(&i2c, &port, CHIP_ADDRESS, &transport, &problem))
        Error_Handler();
    return &transport;
}
