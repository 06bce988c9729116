import { Config, Effect } from "effect"
import process from "node:process"
import { columns as columnsOf, wrap } from "./review/TerminalText.ts"

/** Width of what stdout shows: the terminal's or, where it is none, that of `COLUMNS`, as `ps` and `git` read it. */
export const width: Effect.Effect<number> = Effect.suspend(() =>
  process.stdout.isTTY && process.stdout.columns > 0
    ? Effect.succeed(process.stdout.columns)
    : Effect.orElseSucceed(Config.Int("COLUMNS"), () => Infinity)
)

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()).join("\n")
}

/** A row as lines of a name and a cell, as `\x auto` of psql has them, without the empty cells. */
const record = (names: ReadonlyArray<string>, row: ReadonlyArray<string>, width: number): string => {
  const hang = Math.max(...names.map((name) => name.length)) + 2
  return names.flatMap((name, at) => {
    const cell = row[at] ?? ""
    return cell === ""
      ? []
      : [`${name.padEnd(hang)}${wrap(cell, Math.max(1, width - hang)).join(`\n${" ".repeat(hang)}`)}`]
  }).join("\n")
}

/**
 * Lays rows of cells out in columns, each as wide as its widest cell. A table that is wider than `width` becomes a block
 * of lines for each row, with the first row's cells as names.
 */
export const columns = (rows: ReadonlyArray<ReadonlyArray<string>>, width = Infinity): string => {
  const [names = [], ...others] = rows
  const laidOut = table(rows)
  return laidOut.split("\n").every((line) => columnsOf(line) <= width)
    ? laidOut
    : others.map((row) => record(names, row, width)).join("\n\n")
}
