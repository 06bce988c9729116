/** Loaded before `serve`: its clock is ahead by the milliseconds that stand in the file of `CLOCK_AHEAD`. */
import { readFileSync } from "node:fs"
import { env } from "node:process"

const file = env["CLOCK_AHEAD"]
const now = Date.now.bind(Date)
if (file !== undefined) Date.now = () => now() + Number(readFileSync(file, "utf8"))
