/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stub, written for imprint: the names of nrfx 3 and of CMSIS that examples/ports/nrf_twim.c uses, as Nordic's API
 * documentation gives them. It is for compiling alone: nothing here works.
 */
#ifndef IMPRINT_TEST_STUB_NRFX_TWIM_H
#define IMPRINT_TEST_STUB_NRFX_TWIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    NRFX_SUCCESS = 0x0BAD0000,
    NRFX_ERROR_INTERNAL = 0x0BAD0001,
    NRFX_ERROR_BUSY = 0x0BAD000B,
    NRFX_ERROR_DRV_TWI_ERR_OVERRUN = 0x0BAE0000,
    NRFX_ERROR_DRV_TWI_ERR_ANACK = 0x0BAE0001,
    NRFX_ERROR_DRV_TWI_ERR_DNACK = 0x0BAE0002,
} nrfx_err_t;

typedef struct {
    volatile uint32_t FREQUENCY;
} NRF_TWIM_Type;

typedef enum {
    NRF_TWIM_FREQ_100K = 0x01980000,
    NRF_TWIM_FREQ_250K = 0x04000000,
    NRF_TWIM_FREQ_400K = 0x06400000,
} nrf_twim_frequency_t;

typedef struct {
    NRF_TWIM_Type *p_twim;
    uint8_t drv_inst_idx;
} nrfx_twim_t;

extern NRF_TWIM_Type stub_twim;
#define NRFX_TWIM_INSTANCE(id) {.p_twim = &stub_twim, .drv_inst_idx = (id)}

typedef struct {
    uint32_t scl, sda;
    nrf_twim_frequency_t frequency;
    uint8_t interrupt_priority;
    bool hold_bus_uninit;
} nrfx_twim_config_t;

typedef enum { NRFX_TWIM_XFER_TX, NRFX_TWIM_XFER_RX } nrfx_twim_xfer_type_t;

typedef struct {
    nrfx_twim_xfer_type_t type;
    uint8_t address;
    size_t primary_length, secondary_length;
    uint8_t *p_primary_buf, *p_secondary_buf;
} nrfx_twim_xfer_desc_t;

#define NRFX_TWIM_XFER_DESC_TX(addr, p_data, length)                                                                   \
    {.type = NRFX_TWIM_XFER_TX, .address = (addr), .primary_length = (length), .p_primary_buf = (p_data)}
#define NRFX_TWIM_XFER_DESC_RX(addr, p_data, length)                                                                   \
    {.type = NRFX_TWIM_XFER_RX, .address = (addr), .primary_length = (length), .p_primary_buf = (p_data)}

typedef void (*nrfx_twim_evt_handler_t)(const void *p_event, void *p_context);

nrfx_err_t nrfx_twim_init(const nrfx_twim_t *p_instance, const nrfx_twim_config_t *p_config,
                          nrfx_twim_evt_handler_t event_handler, void *p_context);
void nrfx_twim_enable(const nrfx_twim_t *p_instance);
void nrfx_twim_uninit(const nrfx_twim_t *p_instance);
nrfx_err_t nrfx_twim_xfer(const nrfx_twim_t *p_instance, const nrfx_twim_xfer_desc_t *p_xfer_desc, uint32_t flags);
nrfx_err_t nrfx_twim_bus_recover(uint32_t scl_pin, uint32_t sda_pin);
void nrf_twim_frequency_set(NRF_TWIM_Type *p_reg, nrf_twim_frequency_t frequency);

void stub_delay_us(uint32_t us_time);
#define NRFX_DELAY_US(us_time) stub_delay_us(us_time)

typedef struct {
    volatile uint32_t CTRL, CYCCNT;
} DWT_Type;

typedef struct {
    volatile uint32_t DEMCR;
} CoreDebug_Type;

extern DWT_Type stub_dwt;
extern CoreDebug_Type stub_core_debug;
extern uint32_t SystemCoreClock;
#define DWT (&stub_dwt)
#define CoreDebug (&stub_core_debug)
#define DWT_CTRL_CYCCNTENA_Msk 1U
#define CoreDebug_DEMCR_TRCENA_Msk (1U << 24)

#endif
