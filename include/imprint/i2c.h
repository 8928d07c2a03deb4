/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chip on I2C, on any I2C master: a port fills in `struct imprint_i2c_port` with what its bus driver can do, and
 * imprint_i2c_open() makes a transport from it (imprint/transport.h). The transport knows the chip: wake pulse, word
 * addresses, groups, polling, recovery of a stuck bus. The port knows the bus driver and nothing of the chip. Four
 * functions are enough: write, read, delay, clock.
 *
 * examples/ports/ has ports for pins (bit-bang), STM32 HAL, nRF TWIM, ESP-IDF, pico-sdk and Zephyr;
 * docs/guide/porting.md explains how to write and to test one.
 *
 * The chip never stretches the clock. While it is asleep or busy it does not acknowledge, so for this chip a missing
 * acknowledgement is an everyday answer: a port must return from it with the bus free and its driver ready. A port
 * never repeats a transfer.
 */
#ifndef IMPRINT_I2C_H
#define IMPRINT_I2C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imprint/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest transfers in bytes, without the address byte: a group with its word address, and a group. */
#define IMPRINT_I2C_WRITE_MAX (1 + IMPRINT_TRANSPORT_GROUP_MAX)
#define IMPRINT_I2C_READ_MAX IMPRINT_TRANSPORT_GROUP_MAX

/*
 * The bus clock at which a transfer to address 0x00 is a wake pulse: its eight zero bits hold SDA low for 80 us, and
 * the chip needs 60 (tWLO, ATECC608B-TNGTLS data sheet, 8.3). 133 kHz is the limit.
 */
#define IMPRINT_I2C_WAKE_HZ 100000
#define IMPRINT_I2C_WAKE_HZ_MAX 133000

/* How long a wake pulse of the port's own holds SDA low, in microseconds. */
#define IMPRINT_I2C_WAKE_LOW_US 80

/* Time limits for lock() and acquire(), in microseconds, where the port does not set its own. */
#define IMPRINT_I2C_BUS_LIMIT_US 100000
#define IMPRINT_I2C_CHIP_LIMIT_US 1000000

/* What became of a transfer. In all cases the bus has been released: STOP was sent, unless another device prevents it.
 */
enum imprint_i2c_result {
    IMPRINT_I2C_OK = 0,
    IMPRINT_I2C_NACK, /* the address or a byte was not acknowledged. Also where the driver cannot tell why it failed */
    IMPRINT_I2C_HELD, /* the bus was not free, for example because SDA or SCL is low: nothing was sent */
    IMPRINT_I2C_FAILED,   /* the transfer was broken off: arbitration lost, clock held low too long, time limit */
    IMPRINT_I2C_GONE,     /* the bus is gone for good, like an unplugged USB adapter. Not on microcontrollers */
    IMPRINT_I2C_TOO_LONG, /* the driver does not carry a transfer of that length: nothing was sent. Shorter ones pass */
};

/*
 * An I2C master. Addresses have 7 bits: 0x60, where data sheets also say 0xC0. Functions get `context` as their first
 * argument; "may be NULL" marks the optional ones. There is one caller at a time, never an interrupt handler.
 */
struct imprint_i2c_port {
    /*
     * One whole transfer: START, address, `len` bytes, STOP. `len` is 1 to IMPRINT_I2C_WRITE_MAX for write(), 1 to
     * IMPRINT_I2C_READ_MAX for read(). `data` is in RAM, so that DMA can reach it, and may be secret: keep no copy.
     * Must end after a time limit of the port's own; 5 ms and 10 bit times per byte is plenty.
     */
    enum imprint_i2c_result (*write)(void *context, uint8_t address, const uint8_t *data, size_t len);
    enum imprint_i2c_result (*read)(void *context, uint8_t address, uint8_t *data, size_t len);

    /* Waits at least `microseconds`; longer is allowed. Called with 100 to 35,000: a task may sleep. */
    void (*delay_us)(void *context, uint32_t microseconds);

    /* Returns a clock in microseconds that never runs backward, from any start. */
    uint64_t (*now_us)(void *context);

    /*
     * Holds SDA low for IMPRINT_I2C_WAKE_LOW_US with a pin, then releases it. May be NULL: the transport then writes
     * one byte to address 0x00, at IMPRINT_I2C_WAKE_HZ. Nothing should acknowledge that address, but a device that does
     * is no error.
     */
    enum imprint_i2c_result (*wake)(void *context);

    /*
     * Sets the bus clock. Called around that write only: with IMPRINT_I2C_WAKE_HZ before it, with `clock_hz` after it,
     * also if it failed. False: the clock was not changed. May be NULL if wake() is there, or if the bus never runs
     * faster than IMPRINT_I2C_WAKE_HZ_MAX.
     */
    bool (*set_clock)(void *context, uint32_t hertz);
    uint32_t clock_hz; /* the usual bus clock in hertz; 0: not known, and slow enough for a wake pulse */

    /*
     * Frees a stuck bus: up to nine clock pulses until SDA is high, then STOP (UM10204, 3.1.16). Called once after
     * _HELD and _FAILED, and once when a third wake pulse in a row gets no answer, because some drivers report a stuck
     * bus as a missing acknowledgement. True: both lines are high. imprint_i2c_recover() does it with four pin
     * functions. May be NULL: a stuck bus stays stuck.
     */
    bool (*recover)(void *context);

    /*
     * The bus, if other tasks use it for other devices: around each transfer and recovery. lock() returns false if
     * another task did not release it within `limit_us` microseconds; the transfer then does not take place. Both or
     * neither may be NULL.
     */
    bool (*lock)(void *context, uint32_t limit_us);
    void (*unlock)(void *context);
    uint32_t bus_limit_us; /* the limit for lock(); 0: IMPRINT_I2C_BUS_LIMIT_US */

    /*
     * The chip, if other tasks or libraries use the same chip: acquire() before it is woken, release() after it sleeps
     * again. One PSA operation may take some seconds. Both or neither may be NULL. Use another mutex than for the bus.
     */
    bool (*acquire)(void *context, uint32_t limit_us);
    void (*release)(void *context);
    uint32_t chip_limit_us; /* the limit for acquire(); 0: IMPRINT_I2C_CHIP_LIMIT_US. Below the watchdog's period */

    /* Closes the bus and frees what `context` owns; no other function is called afterwards. May be NULL. */
    void (*close)(void *context);

    void *context; /* owned by the port; valid until close() */
};

/* Memory for an open transport, provided by the caller. Its members are private. It must not move while it is used. */
struct imprint_i2c {
    const struct imprint_i2c_port *port;
    uint8_t address;    /* 7-bit */
    uint8_t other;      /* second address at which the chip may answer (also_at()); 0: none */
    uint8_t unanswered; /* wake pulses since something last acknowledged; stops at 255 */
    bool searching;     /* no address was given, and no chip has answered yet */
};

/*
 * Makes a transport to the chip at the 7-bit `address` on `port`. Sends nothing. With address 0 the first wake looks at
 * the addresses of new parts in this order: 0x60, 0x35, 0x36, 0x58; the first that answers is used. `self` and `port`
 * must stay valid until imprint_transport_close(&transport). Returns true, or false with a sentence in `*problem` (a
 * string literal) if the port lacks a function, could not wake a chip at its speed, or `address` is not a 7-bit one.
 */
bool imprint_i2c_open(struct imprint_i2c *self, const struct imprint_i2c_port *port, uint8_t address,
                      struct imprint_transport *transport, const char **problem);

/*
 * The two lines as pins: open drain, with pull-up resistors. `high` true releases the line, false pulls it low. The
 * get functions return the level of the line, whoever holds it. All are required.
 */
struct imprint_i2c_pins {
    void (*set_scl)(void *context, bool high);
    void (*set_sda)(void *context, bool high);
    bool (*get_scl)(void *context);
    bool (*get_sda)(void *context);
    void (*delay_us)(void *context, uint32_t microseconds); /* waits at least that long, in a loop */
    void *context;                                          /* owned by the port */
};

/*
 * Frees a stuck bus: clocks at 100 kHz until SDA is high, nine at most, then START and STOP, which ends whatever a
 * device was sending or receiving (UM10204, 3.1.16; ATECC608B-TNGTLS data sheet, 7.2.1). The pins must be outputs of
 * the processor and not of an I2C block meanwhile. Takes 0.2 ms; 26 ms more if a device holds SCL. True: both lines are
 * high. False: a device holds SDA or SCL; only its power helps.
 */
bool imprint_i2c_recover(const struct imprint_i2c_pins *pins);

/*
 * Sends a wake pulse: SDA low for IMPRINT_I2C_WAKE_LOW_US. _OK; _HELD: a line was low before, nothing was sent. With
 * SCL high, other devices see START and STOP with nothing between, which I2C allows.
 */
enum imprint_i2c_result imprint_i2c_pulse(const struct imprint_i2c_pins *pins);

#ifdef __cplusplus
}
#endif

#endif
