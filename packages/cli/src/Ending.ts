/** Final message of a command, and its exit code. */
import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import { Cause, Console, Exit, PlatformError, Predicate, Runtime } from "effect"
import process from "node:process"
import { printable } from "./review/TerminalText.ts"

const messageOf = (error: unknown): string => {
  if (error instanceof PlatformError.PlatformError) return fileTrouble(error)
  return Predicate.isError(error) ? error.message : String(error)
}

/** Writes the process's message when a command fails: one line with the cause and the fix. */
export const explain = (error: unknown) => Console.error(`nominal-code: ${printable(messageOf(error))}`)

/** Writes the message of a bug. */
export const explainDefect = (defect: unknown) =>
  Console.error(`nominal-code: this is a bug, please report it: ${Cause.pretty(Cause.die(defect))}`)

/**
 * Exit codes: 0 done or asked to stop, 1 failed. A command that must not be stopped sets the code in `process`.
 */
export const teardown: Runtime.Teardown = (exit, onExit) => {
  if (Exit.isSuccess(exit)) return onExit(0)
  if (Cause.hasInterruptsOnly(exit.cause)) return onExit(Number(process.exitCode ?? 0))
  return onExit(Runtime.getErrorExitCode(Cause.squash(exit.cause)))
}
