import { Flag } from "effect/cli"

/** A flag that is given or not. */
export const toggle = (name: string, what: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(what), Flag.withDefault(false))

/** `--json`, of the commands that print for programs, too. */
export const json = toggle("json", "Print JSON, for programs")
