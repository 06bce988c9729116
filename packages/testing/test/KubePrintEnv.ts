import process, { env } from "node:process"

/* A container's program for a test: it writes its environment down, and fails, so that it becomes its last words. */
console.error(JSON.stringify(env))
process.exitCode = 1
