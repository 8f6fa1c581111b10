// Preloaded into a container, it puts the wall clock forward by CLOCK_LEAP_MS once there is the file CLOCK_LEAP_FILE:
// as if the container had been frozen meanwhile.
import { existsSync } from 'node:fs';

const { CLOCK_LEAP_FILE: file, CLOCK_LEAP_MS: leapMs } = process.env;
const realNow = Date.now;

Date.now = () => realNow() + (existsSync(file) ? Number(leapMs) : 0);
