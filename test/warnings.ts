import process from "node:process"

/** Node's warning of listeners that pile up on one emitter: what left them there has a scope that does not end. */
const fail = (warning: Error) => {
  // Without the emitter, which would be printed with all that it holds.
  if (warning.name === "MaxListenersExceededWarning") throw new Error(warning.stack)
}

/** Setup of all tests: such a warning fails the run, and says where the last listener was added. */
if (!process.listeners("warning").some(({ name }) => name === fail.name)) process.on("warning", fail)
