// Loaded before everything else into a process whose clock shall jump: on SIGUSR2 its wall clock is moved by what the file says
// (milliseconds). Its timers and `performance.now` go on as they did, as those of a machine do when its clock is set.
import { readFileSync } from "node:fs";

const RealDate = Date;
let offset = 0;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offset);
    else super(...args);
  }
  static now() {
    return RealDate.now() + offset;
  }
};

process.on("SIGUSR2", () => {
  offset += Number(readFileSync(process.env.CHAOS_CLOCK, "utf8"));
});
