// Preloaded into a container, it puts the wall clock forward by as many milliseconds as CLOCK_LEAP_FILE says: as if the
// container had been frozen meanwhile.
import { readFileSync } from 'node:fs';

const { CLOCK_LEAP_FILE: file } = process.env;
const realNow = Date.now;

Date.now = () => realNow() + Number(readFileSync(file, 'utf8'));
