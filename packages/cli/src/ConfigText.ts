import type { EffectiveSetting } from "@nominal-code/config/EffectiveSettings"
import { Origin } from "@nominal-code/config/Origin"
import { Option, Predicate } from "effect"
import { columns } from "./Columns.ts"
import { cut, printableCode } from "./review/TerminalText.ts"

/** Columns of a value in the table. */
const widest = 80

const originText = Origin.match({
  CommandLine: () => "command line",
  Variable: ({ name }) => name,
  SecretFile: ({ path, variable }) => `${path} (${variable})`,
  File: ({ path }) => path,
  Default: () => "default"
})

/** A value on one line. */
const line = (value: unknown): string =>
  cut(printableCode(Predicate.isString(value) ? value : JSON.stringify(value)), widest)

const row = ({ characters, from, path, value, variable }: EffectiveSetting): ReadonlyArray<string> => [
  Option.getOrElse(path, () => "—"),
  variable,
  Option.match(characters, {
    onNone: () => Option.match(value, { onNone: () => "—", onSome: line }),
    onSome: (count) => `${count} characters`
  }),
  Option.isNone(characters) && Option.isNone(value) ? "not set" : printableCode(originText(from))
]

/** Table of settings, one a line. */
export const table = (settings: ReadonlyArray<EffectiveSetting>): string =>
  columns([["SETTING", "VARIABLE", "VALUE", "FROM"], ...settings.map(row)])
