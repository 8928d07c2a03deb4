/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What FreeRTOS adds to a port of one of the files beside this one: tasks that sleep while the chip works, a mutex for
 * the bus, and another one for the chip. Copy it, and call freertos_share() with the port before imprint_i2c_open():
 *
 *     struct imprint_i2c_port shared = port;
 *     freertos_share(&shared);
 *     imprint_i2c_open(&i2c, &shared, CHIP_ADDRESS, &transport, &problem);
 *
 * Other drivers on the same bus take the bus mutex around each of their transfers: freertos_lock_bus(). Other users of
 * the same chip, such as another library, take the chip's mutex around each use, and leave the chip asleep.
 *
 * Both are mutexes and not binary semaphores: a task that holds one inherits the priority of the task that waits for
 * it. Calls on chip keys are for tasks, never for interrupts or timers. docs/guide/porting.md says how much stack such
 * a task needs, and for how long a call may block.
 */
#include <FreeRTOS.h>
#include <semphr.h>
#include <task.h>

#include <imprint/i2c.h>

void freertos_share(struct imprint_i2c_port *port);
bool freertos_lock_bus(void *context, uint32_t limit_us);
void freertos_unlock_bus(void *context);

static StaticSemaphore_t bus_memory, chip_memory;
static SemaphoreHandle_t bus, chip;

/* Never less than `microseconds`: rounded up, and the tick that has begun already does not count. */
static TickType_t ticks_of(uint32_t microseconds)
{
    const uint32_t tick_us = 1000000u / configTICK_RATE_HZ;

    return (TickType_t)(microseconds / tick_us + (microseconds % tick_us != 0) + 1u);
}

static void delay_us(void *context, uint32_t microseconds)
{
    (void)context;
    vTaskDelay(ticks_of(microseconds));
}

/* Ticks have 32 bits and wrap after 49 days at 1 kHz. One task at a time is here: the chip is its own. */
static uint64_t now_us(void *context)
{
    static TickType_t last;
    static uint32_t rounds;
    const TickType_t now = xTaskGetTickCount();

    (void)context;
    if (now < last)
        rounds++;
    last = now;
    return ((uint64_t)rounds << 32 | now) * (1000000u / configTICK_RATE_HZ);
}

bool freertos_lock_bus(void *context, uint32_t limit_us)
{
    (void)context;
    return xSemaphoreTake(bus, ticks_of(limit_us)) == pdTRUE;
}

void freertos_unlock_bus(void *context)
{
    (void)context;
    (void)xSemaphoreGive(bus);
}

static bool acquire_chip(void *context, uint32_t limit_us)
{
    (void)context;
    return xSemaphoreTake(chip, ticks_of(limit_us)) == pdTRUE;
}

static void release_chip(void *context)
{
    (void)context;
    (void)xSemaphoreGive(chip);
}

void freertos_share(struct imprint_i2c_port *port)
{
    bus = xSemaphoreCreateMutexStatic(&bus_memory);
    chip = xSemaphoreCreateMutexStatic(&chip_memory);
    port->delay_us = delay_us;
    port->now_us = now_us;
    port->lock = freertos_lock_bus;
    port->unlock = freertos_unlock_bus;
    port->acquire = acquire_chip;
    port->release = release_chip;
}
