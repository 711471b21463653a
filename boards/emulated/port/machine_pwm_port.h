// machine.PWM.
#ifndef INCLUDED_MACHINE_PWM_PORT_H
#define INCLUDED_MACHINE_PWM_PORT_H

void machine_pwm_deinit_all(void);
void pwm_left_on(void);
void pwm_pad_taken(unsigned int gpio);

#endif // INCLUDED_MACHINE_PWM_PORT_H
