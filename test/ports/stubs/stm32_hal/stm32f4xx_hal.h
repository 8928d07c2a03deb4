/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stub, written for imprint: the names of ST's HAL and of CMSIS that examples/ports/stm32_hal.c uses, as their public
 * documentation (UM1725; Arm's CMSIS-Core) gives them. It is for compiling alone: nothing here works.
 */
#ifndef IMPRINT_TEST_STUB_STM32F4XX_HAL_H
#define IMPRINT_TEST_STUB_STM32F4XX_HAL_H

#include <stddef.h>
#include <stdint.h>

typedef enum { HAL_OK, HAL_ERROR, HAL_BUSY, HAL_TIMEOUT } HAL_StatusTypeDef;

typedef struct {
    void *Instance;
} I2C_HandleTypeDef;

#define HAL_I2C_ERROR_AF 0x00000004U

HAL_StatusTypeDef HAL_I2C_Init(I2C_HandleTypeDef *hi2c);
HAL_StatusTypeDef HAL_I2C_DeInit(I2C_HandleTypeDef *hi2c);
HAL_StatusTypeDef HAL_I2C_Master_Transmit(I2C_HandleTypeDef *hi2c, uint16_t DevAddress, uint8_t *pData, uint16_t Size,
                                          uint32_t Timeout);
HAL_StatusTypeDef HAL_I2C_Master_Receive(I2C_HandleTypeDef *hi2c, uint16_t DevAddress, uint8_t *pData, uint16_t Size,
                                         uint32_t Timeout);
uint32_t HAL_I2C_GetError(I2C_HandleTypeDef *hi2c);

typedef struct {
    uint32_t ODR;
} GPIO_TypeDef;

typedef struct {
    uint32_t Pin, Mode, Pull, Speed, Alternate;
} GPIO_InitTypeDef;

typedef enum { GPIO_PIN_RESET, GPIO_PIN_SET } GPIO_PinState;

extern GPIO_TypeDef stub_gpio_b;
#define GPIOB (&stub_gpio_b)
#define GPIO_PIN_6 ((uint16_t)0x0040)
#define GPIO_PIN_7 ((uint16_t)0x0080)
#define GPIO_MODE_OUTPUT_OD 0x00000011U
#define GPIO_NOPULL 0x00000000U

void HAL_GPIO_Init(GPIO_TypeDef *GPIOx, GPIO_InitTypeDef *GPIO_Init);
void HAL_GPIO_WritePin(GPIO_TypeDef *GPIOx, uint16_t GPIO_Pin, GPIO_PinState PinState);
GPIO_PinState HAL_GPIO_ReadPin(GPIO_TypeDef *GPIOx, uint16_t GPIO_Pin);

void HAL_Delay(uint32_t Delay);
uint32_t HAL_GetTick(void);
void Error_Handler(void);

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
