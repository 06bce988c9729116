import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { unescaped } from "../review/ReviewText.ts"
import { printable } from "../review/TerminalText.ts"
import type { ReviewedFinding } from "../ReviewedFinding.ts"

/*
 * Workflow commands of GitHub Actions: lines of the log that begin with `::`, or hold `##[`. Text that a model or a
 * repository has written must not become one.
 */

const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")

const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C")

type Level = "error" | "warning" | "notice"

/** A message on the run's page, and beside the code if it has a place. */
export const annotation = (level: Level, message: string, place: Readonly<Record<string, string>> = {}): string => {
  const properties = Object.entries(place).map(([name, value]) => `${name}=${property(value)}`).join(",")
  return `::${level}${properties === "" ? "" : ` ${properties}`}::${data(printable(message))}`
}

const levels = { critical: "error", high: "error", medium: "warning", low: "notice" } as const

/** A finding beside its code. GitHub shows it on the pull request's diff, whatever the token may. */
export const findingAnnotation = (
  { body, category, line, path, severity, startLine = line }: ReviewedFinding
): string =>
  annotation(levels[severity], unescaped(body), {
    file: escapePath(path),
    line: String(startLine),
    endLine: String(line),
    title: `${severity} · ${category}`
  })

/** A line of the log in which the runner finds no command. Commands of the older form may stand anywhere in it. */
export const withoutCommands = (line: string): string => line.replaceAll("##[", "# #[").replace(/^\s*::/, " : :")

/** An output of several lines, for the file of `GITHUB_OUTPUT`. `delimiter` is a line that no value has. */
export const output = (name: string, value: string, delimiter: string): string =>
  `${name}<<${delimiter}\n${value}\n${delimiter}\n`
